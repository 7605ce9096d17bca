package io.qtrace.format;

import io.qtrace.io.WriteMode;
import java.util.Objects;

/** How a checkpoint is written. */
public record WriteOptions(WriteFormat format, WriteMode existing) {
  public WriteOptions {
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(existing, "existing");
  }

  /** In the format that the file's extension names, replacing an existing file. */
  public static WriteOptions replacing(String uri) {
    return new WriteOptions(WriteFormat.of(uri), WriteMode.OVERWRITE);
  }
}
