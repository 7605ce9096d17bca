package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes.Ended;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * The command as README has it, with a Spark, in an installation whose jar is empty: drivers and
 * executors have the classes under test on their path.
 */
final class Installation {
  private final Path folder;
  private final Path spark;

  private Installation(Path folder, Path spark) {
    this.folder = folder;
    this.spark = spark;
  }

  /** Installs below a folder, which is there already. */
  static Installation in(Path folder) throws IOException {
    Path spark = SparkHome.in(Files.createDirectory(folder.resolve("spark")));
    Path target = install(folder);
    try (JarOutputStream jar =
        new JarOutputStream(Files.newOutputStream(target.resolve("qtrace-job.jar")))) {
      jar.putNextEntry(new JarEntry("META-INF/"));
    }
    return new Installation(folder, spark);
  }

  /** Copies scripts and links conf/; returns the folder for the jar, which stands as built. */
  static Path install(Path folder) throws IOException {
    Path scripts = Files.createDirectories(folder.resolve("scripts"));
    for (String script : List.of("qtrace", "lib.sh")) {
      Files.copy(Path.of("../scripts", script), scripts.resolve(script));
    }
    Files.createSymbolicLink(folder.resolve("conf"), Path.of("../conf").toAbsolutePath());
    Path target = Files.createDirectories(folder.resolve("job/target"));
    Files.createFile(target.resolve("original-qtrace-job.jar"));
    return target;
  }

  /** Runs the command with Spark's settings. */
  Ended qtrace(Map<String, String> settings, List<String> words) throws Exception {
    return qtrace(settings, words, Map.of());
  }

  /** Runs the command with Spark's settings, and more variables of its environment. */
  Ended qtrace(Map<String, String> settings, List<String> words, Map<String, String> environment)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(folder.resolve("scripts/qtrace").toString());
    command.addAll(List.of("--properties-file", file(settings).toString()));
    command.addAll(words);
    return run(command, environment);
  }

  /** Writes Spark's settings, and where the classes are, as spark-submit reads them. */
  Path file(Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    properties.putAll(settings);
    ClassArchive archive = ClassArchive.get();
    String options = "-XX:TieredStopAtLevel=1 " + archive.sparkOptions();
    properties.put("spark.driver.extraClassPath", archive.classPath());
    properties.put("spark.executor.extraClassPath", archive.classPath());
    properties.put("spark.driver.extraJavaOptions", options);
    properties.put(
        "spark.executor.extraJavaOptions",
        options + " -XX:+UseSerialGC -Dai.djl.pytorch.num_threads=1");
    Path file = folder.resolve("settings.conf");
    try (Writer out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    return file;
  }

  /** Runs a command with this Spark and the credentials of {@link S3Server}. */
  Ended run(List<String> command) throws Exception {
    return run(command, Map.of());
  }

  private Ended run(List<String> command, Map<String, String> environment) throws Exception {
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().putAll(S3Server.environment());
    process.environment().put("SPARK_HOME", spark.toString());
    process.environment().put("SPARK_SCALA_VERSION", "2.13");
    process.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    process.environment().put("SPARK_DAEMON_MEMORY", "256m");
    process.environment().put("SPARK_DAEMON_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    process.environment().putAll(environment);
    Ended ended = Processes.run(process);
    assertThat(ended.out() + ended.err()).doesNotContain(S3Server.ACCESS_KEY, S3Server.SECRET_KEY);
    return ended;
  }
}
