package io.qtrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.Processes.Ended;
import io.qtrace.job.audit.DefaultAudit;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.experiment.ExperimentSettings;
import io.qtrace.job.experiment.ExperimentText;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.train.ExistingRunPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sample archive with what an experiment trains in it, wherever it may lie and on every kind of
 * cluster, tables beside it: the same rows as in one process on local files.
 */
@Tag("system")
class TestClusters {
  private static final String CATALOG = "spark.sql.catalog.lineage";
  private static final Path EXPERIMENT = Path.of("../conf/experiments/debug-lut-training.yaml");
  private static final Set<String> OF_TRAINING =
      Set.of("lineage.qtrace.train_steps", "lineage.qtrace.experiments");

  @TempDir static Path folder;

  private static S3Server s3;
  private static MiniHdfs hdfs;
  private static Installation installation;
  private static Path config;
  private static Path drive;
  private static Map<String, List<String>> expected;
  private static String conclusion;

  @BeforeAll
  static void experimentInOneProcess() throws Exception {
    s3 = S3Server.start(Files.createDirectory(folder.resolve("s3")));
    hdfs = MiniHdfs.start(folder.resolve("hdfs"));
    installation = Installation.in(Files.createDirectory(folder.resolve("qtrace")));
    String twentySteps = Files.readString(EXPERIMENT);
    config =
        Files.writeString(
            folder.resolve("experiment.yaml"),
            twentySteps.replaceAll("(max|save)-steps: 20", "$1-steps: 4"));
    drive = Sample.copyTo(folder.resolve("drive"));
    s3.put(drive, "drive");
    hdfs.put(drive, "/drive");

    SparkSession tables = tables("expected");
    new LineageStore(tables).create();
    ExperimentSettings settings = ExperimentSettings.load(Optional.of(config), drive.toString());
    Experiment.Outcome outcome =
        new Experiment(
                tables,
                Settings.load(Optional.empty()),
                Policy.load(Optional.empty()),
                Progress.NONE)
            .run(settings, ExistingRunPolicy.REPLACE);
    conclusion = conclusion(String.join("\n", ExperimentText.lines(settings, outcome, 100)));
    assertThat(conclusion).contains("Training: 4 steps", "Verdict: CLEAN");
    expected = LineageRows.of(tables);
    assertThat(expected.get("lineage.qtrace.train_steps")).hasSize(4);
    assertThat(expected.get("lineage.qtrace.checkpoints")).hasSizeGreaterThan(16);
    assertThat(expected.get("lineage.qtrace.tensors")).hasSizeGreaterThan(2150);
    s3.put(drive.resolve("runs"), "runs");
    hdfs.put(drive.resolve("runs"), "/runs");
  }

  @AfterAll
  static void stopServers() {
    if (s3 != null) {
      s3.close();
    }
    if (hdfs != null) {
      hdfs.close();
    }
  }

  @Test
  void auditsInOneProcess() throws Exception {
    SparkSession onS3 = tables("local-s3");
    try (S3Server.Reached reached = s3.reach(onS3.sparkContext().hadoopConfiguration())) {
      audit(onS3, s3.uri("runs"));
      assertIsAudited(onS3);
    }
    SparkSession onHdfs = tables("local-hdfs");
    audit(onHdfs, hdfs.uri("/runs"));
    assertIsAudited(onHdfs);
  }

  // One application: its executors train on S3, then audit there and on the other stores.
  @Test
  void auditsOnALocalCluster() throws Exception {
    Map<String, String> settings = onS3("local-cluster");
    settings.put("spark.master", "local-cluster[2,1,1024]");
    Ended ended =
        installation.run(
            Processes.spark(
                ClusterRun.class,
                installation.file(settings).toString(),
                config.toString(),
                s3.uri("drive"),
                drive.resolve("runs").toString(),
                folder.resolve("local-cluster-file").toString(),
                hdfs.uri("/runs"),
                folder.resolve("local-cluster-hdfs").toString()));
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(conclusion(ended.out())).isEqualTo(conclusion);
    SparkSession tables = tables("local-cluster");
    s3.settings().forEach((key, value) -> tables.conf().set(CATALOG + ".hadoop." + key, value));
    assertThat(place(tables)).startsWith(s3.uri("warehouse/"));
    assertAsExpected(tables);
    assertThat(tables.table("lineage.qtrace.audits").toJSON().collectAsList().toString())
        .contains(s3.uri("drive/runs"))
        .doesNotContain(S3Server.ACCESS_KEY, S3Server.SECRET_KEY);
    assertIsAudited(tables("local-cluster-file"));
    assertIsAudited(tables("local-cluster-hdfs"));
  }

  @Test
  void auditsOnAStandaloneCluster() throws Exception {
    String state = folder.resolve("cluster").toString();
    String port = freePort();
    Ended started =
        script("start", "--port", port, "--state", state, "--cores", "2", "--memory", "2g");
    try {
      assertThat(started.out()).as(started.err()).isEqualTo("spark://127.0.0.1:" + port + "\n");
      String master = started.out().strip();
      inClientMode(master);
      Map<String, String> settings = standalone("client");
      settings.putAll(onS3("client-s3"));
      assertAudits(settings, "standalone-s3", s3.uri("runs"), master);
      inClusterMode(master);
    } finally {
      script("stop", "--state", state);
    }
    try (Stream<Path> left = Files.list(Path.of(state))) {
      assertThat(left).noneMatch(file -> file.toString().endsWith(".pid"));
    }
  }

  private static void inClientMode(String master) throws Exception {
    Map<String, String> settings = standalone("client");
    settings.putAll(onHdfs("client"));
    experiment(settings, hdfs.uri("/drive"), master);
    SparkSession tables = tables("client");
    assertThat(place(tables)).startsWith(hdfs.uri("/warehouse/"));
    assertAsExpected(tables);
  }

  // The driver is on a worker: its verdict is in the tables and in the summary.
  private static void inClusterMode(String master) throws Exception {
    Map<String, String> settings = standalone("cluster");
    settings.put("spark.standalone.submit.waitAppCompletion", "true");
    Path summary = folder.resolve("summary.json");
    Ended submitted =
        installation.qtrace(
            settings,
            List.of(
                "--master",
                master,
                "audit",
                "--archive",
                drive.resolve("runs").toString(),
                "--warehouse",
                folder.resolve("cluster-mode").toString(),
                "--summary",
                summary.toString()));
    assertThat(summary).as(submitted.err()).exists();
    JsonNode reported = new ObjectMapper().readTree(summary.toFile());
    assertThat(reported.at("/status").asInt()).as(reported.toString()).isOne();
    assertThat(reported.at("/audit/verdict").asText()).isEqualTo("VIOLATION");
    SparkSession tables = tables("cluster-mode");
    assertIsAudited(tables);
    assertThat(tables.table("lineage.qtrace.audits").select("verdict").collectAsList())
        .singleElement()
        .hasToString("[VIOLATION]");
  }

  private static Map<String, String> standalone(String deployMode) throws IOException {
    return new TreeMap<>(
        Template.of("standalone")
            .with("spark.submit.deployMode", deployMode)
            .with("spark.driver.memory", "1g")
            .with("spark.executor.memory", "1g")
            .with("spark.cores.max", "2")
            .values());
  }

  private static Map<String, String> onS3(String name) throws IOException {
    Map<String, String> place = s3.place();
    return new TreeMap<>(
        Template.of("s3")
            .with("spark.hadoop.fs.s3a.endpoint", place.get("fs.s3a.endpoint"))
            .with("spark.hadoop.fs.s3a.path.style.access", "true")
            .with(CATALOG + ".uri", catalog(name))
            .with(CATALOG + ".warehouse", s3.uri("warehouse"))
            .values());
  }

  private static Map<String, String> onHdfs(String name) throws IOException {
    return Template.of("hdfs")
        .with("spark.hadoop.fs.defaultFS", hdfs.uri(""))
        .with(CATALOG + ".uri", catalog(name))
        .with(CATALOG + ".warehouse", hdfs.uri("/warehouse"))
        .values();
  }

  private static String catalog(String name) {
    return "jdbc:h2:file:%s/catalog;DATABASE_TO_UPPER=FALSE;WRITE_DELAY=0"
        .formatted(folder.resolve(name));
  }

  private static SparkSession tables(String name) {
    return LocalSpark.session(folder.resolve(name));
  }

  private static void audit(SparkSession tables, String archive) throws IOException {
    DefaultAudit.of(tables).run(archive);
  }

  // Reads, trains and writes where the root is.
  private static void experiment(Map<String, String> settings, String root, String master)
      throws Exception {
    Ended ended =
        installation.qtrace(
            settings,
            List.of(
                "--master", master, "experiment", "--config", config.toString(), "--root", root));
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(conclusion(ended.out())).isEqualTo(conclusion);
  }

  // The command's audit, its tables on local files.
  private static void assertAudits(
      Map<String, String> settings, String name, String archive, String master) throws Exception {
    Ended ended =
        installation.qtrace(
            settings,
            List.of(
                "--master",
                master,
                "audit",
                "--archive",
                archive,
                "--warehouse",
                folder.resolve(name).toString()));
    assertThat(ended.status()).as(ended.err()).isOne();
    assertIsAudited(tables(name));
  }

  private static String conclusion(String told) {
    return told.substring(told.indexOf("=== Conclusion"), told.indexOf("=== Bonus"));
  }

  private static Ended script(String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of("../scripts/cluster"));
    command.addAll(List.of(args));
    Ended ended = installation.run(command);
    assertThat(ended.status()).as(ended.err()).isZero();
    return ended;
  }

  // Where the rows are: a file of a table.
  private static String place(SparkSession tables) {
    return tables.sql("SELECT file_path FROM lineage.qtrace.edges.files").head().getString(0);
  }

  // Losses, fingerprints of what was trained, and all that the audit says.
  private static void assertAsExpected(SparkSession tables) {
    Map<String, List<String>> found = LineageRows.of(tables);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach((table, rows) -> assertThat(found.get(table)).as(table).isEqualTo(rows));
  }

  // The same where only the audit ran.
  private static void assertIsAudited(SparkSession tables) {
    Map<String, List<String>> found = LineageRows.of(tables);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (table, rows) ->
            assertThat(found.get(table))
                .as(table)
                .isEqualTo(OF_TRAINING.contains(table) ? List.of() : rows));
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return String.valueOf(socket.getLocalPort());
    }
  }
}
