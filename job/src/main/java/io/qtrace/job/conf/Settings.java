package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.job.archive.ArchiveLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * {@code conf/qtrace.yaml}: how checkpoints are found and read.
 *
 * @param tables how long old states are kept; defaults if missing, as in settings of older versions
 */
public record Settings(
    @JsonProperty(required = true) ArchiveLayout archive,
    @JsonProperty(required = true) CompareSettings compare,
    @JsonProperty(required = true) LimitSettings limits,
    @JsonProperty TableSettings tables) {
  public Settings {
    Objects.requireNonNull(archive, "archive");
    Objects.requireNonNull(compare, "compare");
    Objects.requireNonNull(limits, "limits");
    tables = Objects.requireNonNullElse(tables, TableSettings.DEFAULT);
  }

  /**
   * Reads a settings file, or the built-in one.
   *
   * @throws IOException if it cannot be read, has an unknown setting or lacks one
   */
  public static Settings load(Optional<Path> file) throws IOException {
    return YamlFile.of(file, "qtrace.yaml").as(Settings.class);
  }
}
