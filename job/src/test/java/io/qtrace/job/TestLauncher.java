package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.Processes.Ended;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/qtrace} where Spark runs in its own process, which takes no spark-submit. */
@Tag("system")
class TestLauncher {
  @TempDir private static Path folder;
  private static Path qtrace;

  @BeforeAll
  static void install() throws Exception {
    Path root = Files.createDirectory(folder.resolve("q t"));
    Path target = Installation.install(root);
    qtrace = root.resolve("scripts/qtrace");
    jarOfThisClassPath(target.resolve("qtrace-job.jar"));
    Path spark = SparkHome.in(Files.createDirectory(target.resolve("spark")));
    Files.writeString(spark.resolve("bin/spark-submit"), "#!/bin/sh\necho submitted: \"$@\"\n");
    Files.createFile(spark.resolve("qtrace.jsa"));
    Ended options =
        Processes.run(
            new ProcessBuilder(
                "bash",
                "-c",
                "root=$1; . \"$1/scripts/lib.sh\"; find_java; options_of_spark \"$spark\""
                    + " > \"$spark/java-options\"",
                "options",
                root.toString()));
    assertThat(options.status()).as(options.err()).isZero();
  }

  private static void jarOfThisClassPath(Path jar) throws IOException {
    List<String> entries =
        Arrays.stream(System.getProperty("java.class.path").split(":"))
            .map(entry -> Path.of(entry).toAbsolutePath().toUri().toString())
            .toList();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, String.join(" ", entries));
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
  }

  @Test
  void appliesOptionsAndSettingsOfFile() throws Exception {
    Path file = folder.resolve("own settings.conf");
    Files.writeString(
        file,
        """
        spark.sql.shuffle.partitions = 3
        spark.sql.files.maxPartitionBytes: 1m
        spark.driver.memory 600m
        spark.driver.extraJavaOptions -Dqtrace.one=1 "-Dqtrace.two=a b"
        """);
    Ended ended =
        run(
            "--properties-file",
            file.toString(),
            "--conf",
            "spark.sql.shuffle.partitions=5",
            "--master",
            "local[1]",
            "sql",
            "--warehouse",
            folder.resolve("tables").toString(),
            "--format",
            "json",
            "-e",
            """
            SELECT '${spark.sql.shuffle.partitions}' AS n, '${spark.sql.files.maxPartitionBytes}' AS bytes,
            java_method('java.lang.System', 'getProperty', 'spark.master') AS master,
            java_method('java.lang.System', 'getProperty', 'qtrace.two') AS two""");
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out())
        .doesNotContain("submitted")
        .contains("\"5\"", "\"1m\"", "\"local[1]\"", "\"a b\"")
        .doesNotContain("\"3\"");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void keepsWhatTheJvmPrintsOutOfResultsAndItsCodeCacheLarge() throws Exception {
    Ended ended =
        run(
            "--conf",
            "spark.driver.extraJavaOptions=-XX:+PrintCodeCache",
            "sql",
            "--warehouse",
            folder.resolve("none").toString(),
            "--format",
            "csv",
            "-e",
            "SELECT 1 AS one");
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo("one\n1\n");
    long kibibytes =
        Pattern.compile("size=(\\d+)Kb")
            .matcher(ended.err())
            .results()
            .mapToLong(size -> Long.parseLong(size.group(1)))
            .sum();
    assertThat(kibibytes).as(ended.err()).isEqualTo(240 * 1024);
  }

  @Test
  void leavesTheBetterCompilerToAuditsOfLargeCheckpoints() throws Exception {
    Path archive = Files.createDirectory(folder.resolve("archive"));
    assertThat(profilesCode(archive)).isFalse();
    Path large = folder.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(17 << 20);
    }
    Files.createSymbolicLink(archive.resolve("notes.txt"), large);
    assertThat(profilesCode(archive)).isTrue();
  }

  private static boolean profilesCode(Path archive) throws Exception {
    Ended ended =
        run(
            "--conf",
            "spark.driver.extraJavaOptions=-XX:+PrintCodeCache",
            "audit",
            "--archive",
            archive.toString(),
            "--warehouse",
            folder.resolve("none").toString());
    assertThat(ended.err()).contains("Cannot find a checkpoint").contains("size=");
    return ended.err().contains("'profiled nmethods'");
  }

  @Test
  void refusesSecretOnCommandLine() throws Exception {
    Ended ended = run("--conf", "spark.hadoop.fs.s3a.secret.key=abc", "sql", "-e", "SELECT 1");
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("expected no secret on a command line").doesNotContain("abc");
  }

  @Test
  void leavesClustersToSparkSubmit() throws Exception {
    Ended ended = run("--master", "local-cluster[1,1,512]", "sql", "-e", "SELECT 1");
    assertThat(ended.out())
        .startsWith("submitted: --properties-file")
        .contains("--master local-cluster[1,1,512]")
        .endsWith("sql -e SELECT 1\n");
  }

  private static Ended run(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(qtrace.toString()));
    command.addAll(List.of(words));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().keySet().removeIf(name -> name.startsWith("SPARK_"));
    return Processes.run(process);
  }
}
