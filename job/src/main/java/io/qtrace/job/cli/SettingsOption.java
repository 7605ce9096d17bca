package io.qtrace.job.cli;

import io.qtrace.job.conf.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which settings a command runs with. */
final class SettingsOption {
  @Option(
      names = "--settings",
      paramLabel = "FILE",
      description = "Settings in place of the built-in ones, which are conf/qtrace.yaml.")
  private Path file;

  Settings read() throws IOException {
    return Settings.load(Optional.ofNullable(file));
  }
}
