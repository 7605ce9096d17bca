package io.qtrace.io;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** Local files as the readers open them. */
public final class LocalFiles {
  public static final ObjectStore STORE = new ObjectStore(new Configuration());

  private LocalFiles() {}

  public static RangeReader open(Path file) throws IOException {
    return STORE.open(file.toString());
  }
}
