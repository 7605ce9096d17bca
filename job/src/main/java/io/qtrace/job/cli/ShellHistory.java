package io.qtrace.job.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** The history of the shell, private since statements may contain private names. */
final class ShellHistory {
  private static final String FILE = "sql-history";

  private ShellHistory() {}

  /** The file, which only its owner can read, created if missing. */
  static Path file(Map<String, String> environment) throws IOException {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    Path folder =
        (state.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(state))
            .resolve("qtrace");
    Files.createDirectories(folder);
    Path file = folder.resolve(FILE);
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      // From an earlier session.
    }
    return file;
  }
}
