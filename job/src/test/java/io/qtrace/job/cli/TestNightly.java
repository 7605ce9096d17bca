package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Processes;
import io.qtrace.job.ReadBytes;
import io.qtrace.job.S3Server;
import io.qtrace.job.Sample;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/nightly-audit.sh}, night after night, with real audits in their own processes. */
@Tag("system")
class TestNightly {
  private static final Path SCRIPT = Path.of("../scripts/nightly-audit.sh").toAbsolutePath();
  private static final int PADDING = 64; // between neighbours, at most
  private static final String INITIAL = "sr011-q4a4-FP4-init/v2_initial.pt";
  private static final String DEBUG = "debug_lut_training/";
  private static final String DEBUG_BEST = DEBUG + "best_state_dict.pt";
  private static final String DEBUG_STEP = DEBUG + "checkpoint_step20.pt";
  private static final String NEW = "srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";
  private static final String NEW_STEP = NEW + "checkpoint_step100.pt";
  private static final String BAD = "bug_q_drift/";
  private static final String BAD_STEP = BAD + "checkpoint_step20.pt";

  @TempDir Path folder;
  private Path archive;
  private Path state;
  private Path warehouse;

  @BeforeEach
  void place() {
    archive = folder.resolve("archive");
    state = folder.resolve("state");
    warehouse = folder.resolve("tables");
  }

  // What is read is what the server of the archive says.
  @Test
  void threeNights() throws Exception {
    try (S3Server server = S3Server.start(Files.createDirectory(folder.resolve("s3")))) {
      Path settings = settings(qtrace(server.place()), server.uri("archive"));
      reportsOfBefore();

      put(server, INITIAL, DEBUG + "config.json", DEBUG_BEST, DEBUG_STEP);
      JsonNode first = night(settings, 0).get("audit");
      assertThat(first.get("verdict").asText()).isEqualTo("CLEAN");
      assertThat(first.get("bytes_skipped").asLong()).isZero();
      assertThat(read(server)).containsOnlyKeys(INITIAL, DEBUG_BEST, DEBUG_STEP);

      put(server, NEW + "config.json", NEW_STEP);
      JsonNode second = night(settings, 0).get("audit");
      assertThat(second.get("verdict").asText()).isEqualTo("CLEAN");
      assertThat(second.get("bytes_skipped").asLong())
          .isEqualTo(bytes(INITIAL) + bytes(DEBUG_BEST) + bytes(DEBUG_STEP));
      Map<String, Long> readSecond = read(server);

      Path maintained = state.resolve("maintained");
      FileTime weekAgo = FileTime.from(Instant.now().minus(Duration.ofDays(8)));
      Files.setLastModifiedTime(maintained, weekAgo);
      put(server, BAD + "config.json", BAD_STEP);
      JsonNode third = night(settings, 1).get("audit");
      assertThat(third.get("verdict").asText()).isEqualTo("VIOLATION");
      assertThat(third.get("problems").findValuesAsText("checkpoint"))
          .containsOnly("runs/" + BAD_STEP);
      assertThat(third.get("problems").findValuesAsText("rule"))
          .containsExactlyInAnyOrder(
              "parent-contradicted", "q-off-grid", "q-stale", "indices-alone");
      Map<String, Long> readThird = read(server);

      assertReadsAnewOnlyWhatDiffers(server, second, readSecond, NEW_STEP, INITIAL);
      assertReadsAnewOnlyWhatDiffers(server, third, readThird, BAD_STEP, INITIAL, DEBUG_STEP);
      assertThat(rows("SELECT verdict, checkpoints, checkpoints_read FROM audits ORDER BY started"))
          .containsExactly("CLEAN 3 3", "CLEAN 4 1", "VIOLATION 5 1");
      assertThat(Files.readString(state.resolve("summary.json.before"))).contains("CLEAN");
      assertThat(reports())
          .hasSize(30)
          .doesNotContain("report-20200101T000000Z.html", "report-20200103T000000Z.html");
      assertThat(Files.readString(state.resolve("reports").resolve(reports().get(29))))
          .contains("<title>VIOLATION: qtrace report</title>");
      assertThat(Files.getLastModifiedTime(maintained)).isGreaterThan(weekAgo);
      assertThat(
              rows(
                  "SELECT count(*) FROM lineage.qtrace.tensors.snapshots WHERE operation = 'replace'"))
          .as("snapshots that maintenance committed")
          .doesNotContain("0");
    }
  }

  private List<String> reports() throws IOException {
    try (Stream<Path> files = Files.list(state.resolve("reports"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  // One a night for a month.
  private void reportsOfBefore() throws IOException {
    Path reports = Files.createDirectories(state.resolve("reports"));
    for (int day = 1; day <= 30; day++) {
      Files.createFile(reports.resolve("report-202001%02dT000000Z.html".formatted(day)));
    }
  }

  // |a-b| needs both sides: of its known parents, nothing but the index and the tensors that
  // differ.
  private void assertReadsAnewOnlyWhatDiffers(
      S3Server server, JsonNode audit, Map<String, Long> read, String child, String... parents)
      throws IOException {
    assertThat(read.remove(child)).isPositive();
    assertThat(read).containsOnlyKeys(parents);
    ObjectStore store = new ObjectStore(server.hadoop());
    for (String parent : parents) {
      Checkpoints checkpoints = new Checkpoints(store);
      CheckpointIndex index = checkpoints.index(server.uri("archive/runs/" + parent));
      List<String> differing =
          rows(
              "SELECT name FROM changes WHERE status IN ('CHANGED', 'EQUAL') AND audit_id = '%s'"
                      .formatted(audit.get("audit_id").asText())
                  + " AND parent_path = 'runs/%s'".formatted(parent));
      assertThat(read.get(parent))
          .as(parent)
          .isLessThan(bytes(parent))
          .isLessThanOrEqualTo(
              checkpoints.bytesRead()
                  + index.tensors().stream()
                      .filter(tensor -> differing.contains(tensor.name()))
                      .map(TensorEntry::storage)
                      .distinct() // two names may share one
                      .mapToLong(storage -> ReadBytes.of(storage) + PADDING)
                      .sum());
    }
  }

  @Test
  void exitsTwoWithTheReasonWhenAnAuditFails() throws IOException, InterruptedException {
    JsonNode summary = night(settings(qtrace(Map.of()), archive.toString()), 2);
    assertThat(summary.at("/error").asText()).isEqualTo("Cannot find archive: " + archive);
    assertThat(summary.has("audit")).isFalse();
  }

  @Test
  void runsOneAtATimeAndReportsAKilledOne() throws IOException, InterruptedException {
    Path began = folder.resolve("began");
    Path fake =
        script(
            "touch '%s'; while [ -f '%s' ]; do sleep 0.1; done; kill -9 $$"
                .formatted(began, began));
    Path settings = settings(fake, archive.toString());
    Process running = new ProcessBuilder(SCRIPT.toString(), settings.toString()).start();
    while (!Files.exists(began)) {
      assertThat(running.isAlive()).isTrue();
      Thread.sleep(20);
    }
    Processes.Ended second =
        Processes.run(new ProcessBuilder(SCRIPT.toString(), settings.toString()));
    assertThat(second.status()).isEqualTo(75);
    assertThat(new ObjectMapper().readTree(second.out()).at("/status").asInt()).isEqualTo(75);
    assertThat(second.err()).contains("the audit before still runs");
    Files.delete(began);
    assertThat(running.waitFor()).isEqualTo(137);
    assertThat(
            new ObjectMapper()
                .readTree(state.resolve("summary.json").toFile())
                .at("/status")
                .asInt())
        .isEqualTo(137);
  }

  @Test
  void helpAndBadSettings() throws IOException, InterruptedException {
    assertThat(Processes.output(SCRIPT.toString(), "--help"))
        .contains("Usage: nightly-audit.sh", "QTRACE_ARCHIVE", "Exit status:");
    Path settings = Files.writeString(folder.resolve("bad.env"), "PATH=/evil\n");
    Processes.Ended bad = Processes.run(new ProcessBuilder(SCRIPT.toString(), settings.toString()));
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("Invalid setting in " + settings + ": PATH");
    Processes.Ended none = Processes.run(new ProcessBuilder(SCRIPT.toString()));
    assertThat(none.status()).isEqualTo(2);
    assertThat(none.err()).contains("no QTRACE_ARCHIVE");
  }

  // One night; the summary, which is printed and written alike.
  private JsonNode night(Path settings, int status) throws IOException, InterruptedException {
    ProcessBuilder process = new ProcessBuilder(SCRIPT.toString(), settings.toString());
    process.environment().putAll(S3Server.environment());
    Processes.Ended ended = Processes.run(process);
    assertThat(ended.status()).as(ended.out() + ended.err()).isEqualTo(status);
    assertThat(Files.readString(state.resolve("summary.json"))).isEqualTo(ended.out());
    JsonNode summary = new ObjectMapper().readTree(ended.out());
    assertThat(summary.at("/status").asInt()).isEqualTo(status);
    return summary;
  }

  private static void put(S3Server server, String... files) throws IOException {
    for (String file : files) {
      server.put(Sample.RUNS.resolve(file), "archive/runs/" + file);
    }
  }

  private static long bytes(String checkpoint) throws IOException {
    return Files.size(Sample.RUNS.resolve(checkpoint));
  }

  // Bytes of each checkpoint that was read since the last call.
  private static Map<String, Long> read(S3Server server) {
    return server.drainRequests().stream()
        .filter(request -> request.method().equals("GET") && request.path().endsWith(".pt"))
        .collect(
            Collectors.groupingBy(
                request -> request.path().replaceFirst(".*/archive/runs/", ""),
                TreeMap::new,
                Collectors.summingLong(S3Server.Request::bytes)));
  }

  private List<String> rows(String query) {
    SparkSession spark = LocalSpark.session(warehouse);
    spark.sql("USE lineage.qtrace");
    return spark.sql(query).collectAsList().stream().map(row -> row.mkString(" ")).toList();
  }

  private Path settings(Path command, String archive) throws IOException {
    return Files.writeString(
        folder.resolve("nightly.env"),
        """
        # as conf/nightly/nightly.env
        QTRACE_ARCHIVE=%s
        QTRACE_STATE=%s
        QTRACE_FAIL_ON=violation
        QTRACE_OPTIONS=--warehouse %s
        QTRACE=%s
        """
            .formatted(archive, state, warehouse, command));
  }

  // The command as scripts/qtrace runs it, but for the Spark of the tests.
  private Path qtrace(Map<String, String> hadoop) throws IOException {
    List<String> words = Processes.spark(Main.class);
    hadoop.forEach((key, value) -> words.add(1, "-Dspark.hadoop.%s=%s".formatted(key, value)));
    return script(
        words.stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" ", "exec ", " \"$@\"")));
  }

  private Path script(String text) throws IOException {
    Path script = Files.writeString(folder.resolve("qtrace"), "#!/bin/bash\n" + text + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }
}
