package io.qtrace.job.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A copy of a folder of the sample archive, to work on. */
final class FolderCopy {
  private FolderCopy() {}

  /**
   * Copies files that are missing or differ in size or time; files keep their times, so that an
   * audit recognises them. Other files in the copy stay.
   */
  static void of(Path from, Path to) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(from)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Path copy = to.resolve(from.relativize(file).toString());
      if (!isSame(file, copy)) {
        Files.createDirectories(copy.getParent());
        Files.copy(
            file, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static boolean isSame(Path file, Path copy) throws IOException {
    return Files.exists(copy)
        && Files.size(copy) == Files.size(file)
        && Files.getLastModifiedTime(copy).equals(Files.getLastModifiedTime(file));
  }
}
