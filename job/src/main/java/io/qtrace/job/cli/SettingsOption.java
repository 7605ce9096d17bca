package io.qtrace.job.cli;

import io.qtrace.job.conf.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The settings of a command. */
final class SettingsOption {
  @Option(
      names = "--settings",
      paramLabel = "FILE",
      description = "Settings file to use instead of the built-in conf/qtrace.yaml.")
  private Path file;

  Settings read() throws IOException {
    return Settings.load(Optional.ofNullable(file));
  }

  /** The option as arguments of another command. */
  List<String> words() {
    return file == null ? List.of() : List.of("--settings", file.toString());
  }
}
