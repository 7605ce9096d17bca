package io.qtrace.job;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A Spark as {@code scripts/qtrace} assembles one, but of the jars that this JVM runs on. */
final class SparkHome {
  private static final Path EMBEDDED = Path.of("../scripts/embedded").toAbsolutePath().normalize();

  private SparkHome() {}

  /** Assembles it in a folder, which is there already. */
  static Path in(Path folder) throws IOException {
    Path jars = Files.createDirectory(folder.resolve("jars"));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path jar = Path.of(entry).toAbsolutePath();
      if (entry.endsWith(".jar") && Files.notExists(jars.resolve(jar.getFileName()))) {
        Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
      }
    }
    Files.createDirectory(folder.resolve("bin"));
    for (String file : new String[] {"RELEASE", "bin/spark-class", "bin/spark-submit"}) {
      Files.copy(EMBEDDED.resolve(file), folder.resolve(file));
    }
    return folder;
  }
}
