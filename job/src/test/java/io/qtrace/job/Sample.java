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
    copy(ARCHIVE, folder);
    return folder;
  }

  /** Copies some runs of the archive into a smaller one, or more of them into one that is there. */
  public static Path copyRuns(Path folder, String... runs) throws IOException {
    for (String run : runs) {
      Path copy = folder.resolve(ARCHIVE.relativize(RUNS.resolve(run)).toString());
      Files.createDirectories(copy.getParent());
      copy(RUNS.resolve(run), copy);
    }
    return folder;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(file -> copyOne(file, to.resolve(from.relativize(file).toString())));
    }
  }

  private static void copyOne(Path from, Path to) {
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
