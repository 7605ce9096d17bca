package io.qtrace.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Archives that the scripts of the recipe wrote, with what is true of them: in {@code
 * src/test/resources/recipe}, made by PyTorch.
 */
public final class RecipeArchive {
  private RecipeArchive() {}

  /** Unpacks the archives of a name into a folder. */
  public static Path unpack(String name, Path folder) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new XZCompressorInputStream(new BufferedInputStream(open(name + ".tar.xz"))))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        Path file = folder.resolve(entry.getName()).normalize();
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else if (entry.isFile()) {
          Files.createDirectories(file.getParent());
          Files.copy(tar, file);
        }
      }
    }
    return folder;
  }

  /**
   * Unpacks some runs of one archive into a folder of their own.
   *
   * @param path of the archive's folder among those of the name
   * @return the folder with the runs
   */
  public static Path unpackRuns(String name, String path, Path folder, List<String> runs)
      throws IOException {
    Path all = unpack(name, folder.resolve("all")).resolve(path);
    Path archive = Files.createDirectory(folder.resolve("archive"));
    for (String run : runs) {
      Files.move(all.resolve(run), archive.resolve(run));
    }
    return archive;
  }

  /** What is true of them. */
  public static JsonNode truth(String name) throws IOException {
    try (InputStream json = open(name + ".json")) {
      return new ObjectMapper().readTree(json);
    }
  }

  private static InputStream open(String file) {
    return RecipeArchive.class.getResourceAsStream("/recipe/" + file);
  }
}
