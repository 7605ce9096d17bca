package io.qtrace.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The sample archive, and what PyTorch says of it. */
public final class Sample {
  public static final Path ARCHIVE = Path.of("src/sample/archive").toAbsolutePath();
  public static final Path RUNS = ARCHIVE.resolve("runs");
  public static final Path EXPECTED = Path.of("src/test/resources/expected").toAbsolutePath();

  private Sample() {}

  /** A checkpoint by its path below the runs. */
  public static String run(String path) {
    return RUNS.resolve(path).toString();
  }

  /** Copies the archive, so that a test can change it. */
  public static Path copyTo(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(ARCHIVE)) {
      files.forEach(file -> copy(file, folder.resolve(ARCHIVE.relativize(file).toString())));
    }
    return folder;
  }

  private static void copy(Path from, Path to) {
    try {
      if (Files.isDirectory(from)) {
        Files.createDirectories(to);
      } else {
        Files.copy(from, to);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
