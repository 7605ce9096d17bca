package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.PyTorch;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

@Tag("archive")
class TestAudit {
  private static final List<String> TABLES =
      List.of("audits", "checkpoints", "tensors", "invariants", "edges", "changes", "q_changes");

  private static final String SR_LUT = "runs/srLUT-004_all_alpaca_M2p0_lr1e5_from_best/";

  private static final String NORMS =
      """
      import json, math, sys
      import numpy, torch

      found = {}
      for file in sys.argv[1:]:
          for name, tensor in torch.load(file, map_location="cpu").items():
              x = tensor.numpy()
      %s
              if "scale_" in name or "rank_magnitude" in name:
                  found[file + " " + name] = norm
              if name.endswith("._indices"):
                  found[file + " " + name] = numpy.bincount(x.ravel()).tolist()
      print(json.dumps(found))
      """;

  @TempDir private static Path shared;
  private static SparkSession sample;
  private static AuditReport ofSample;

  @TempDir Path folder;
  private SparkSession spark;

  @BeforeAll
  static void auditTheSample() throws IOException {
    sample = LocalSpark.session(shared.resolve("lineage"));
    ofSample = audit(sample, Sample.ARCHIVE, Policy.load(Optional.empty()));
  }

  @BeforeEach
  void openTables() {
    spark = LocalSpark.session(folder.resolve("lineage"));
  }

  @Test
  void auditsTheSampleArchive() {
    AuditReport report = openSample();
    assertThat(report.size().runs()).isEqualTo(8);
    assertThat(report.size().checkpoints()).isEqualTo(17);
    assertThat(report.size().checkpointsRead()).isEqualTo(17);
    assertThat(report.unreadable()).isEmpty();
    assertThat(report.skipped()).extracting(AuditReport.Folder::path).hasSize(3);
    assertThat(report.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(report.edges())
        .filteredOn(edge -> edge.edge().isViolation())
        .extracting(edge -> edge.edge().ends().childPath())
        .containsOnly("runs/bug_q_drift/checkpoint_step20.pt");
    assertThat(count("checkpoints")).isEqualTo(17);
    assertThat(count("tensors")).isEqualTo(2174);
    assertThat(count("edges")).isEqualTo(report.edges().size());
    assertThat(count("invariants")).isEqualTo(16 * 14);
    assertThat(count("q_changes")).isEqualTo(steps(report) * 14);
    assertThat(count("audits")).isEqualTo(1);
  }

  /** Of every checkpoint, recomputed by the script in the README of udfs, bit by bit. */
  @Test
  void normsOfScalesAndCountsOfIndicesAreThoseOfNumPy() throws Exception {
    openSample();
    List<Row> rows =
        spark
            .sql(
                "SELECT path, name, norm, index_counts FROM lineage.qtrace.tensors"
                    + " WHERE norm IS NOT NULL OR index_counts IS NOT NULL")
            .collectAsList();
    Matcher recipe =
        Pattern.compile("```python\n(def total.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../udfs/README.md")));
    assertThat(recipe.find()).isTrue();
    List<String> paths = rows.stream().map(row -> row.<String>getAs("path")).distinct().toList();
    String found =
        PyTorch.run(
            NORMS.formatted(recipe.group(1).indent(8)),
            paths.stream().map(Sample.ARCHIVE::resolve).map(Path::toString).toArray(String[]::new));
    JsonNode expected = new ObjectMapper().readTree(found);
    assertThat(rows).hasSize(16 * (3 + 1) * 14).hasSameSizeAs(expected);
    for (Row row : rows) {
      String file = Sample.ARCHIVE.resolve(row.<String>getAs("path")).toString();
      JsonNode facts = expected.get(file + " " + row.getAs("name"));
      if (row.getAs("norm") != null) {
        assertThat(row.<Double>getAs("norm")).isEqualTo(facts.asDouble());
      } else {
        assertThat(row.getList(row.fieldIndex("index_counts")))
            .hasToString(facts.toString().replace(",", ", "));
      }
    }
  }

  @Test
  void explainsEveryQOfEveryEdge() {
    openSample();
    assertThat(
            texts(
                "SELECT DISTINCT child_path, cause, residual, largest FROM (SELECT *, max(drift)"
                    + " OVER (PARTITION BY parent_path, child_path) largest FROM"
                    + " lineage.qtrace.q_changes) WHERE cause IS NOT NULL ORDER BY ALL"))
        .containsExactly(
            "runs/bug_q_drift/checkpoint_step20.pt UNEXPLAINED 5 null",
            "runs/bug_q_drift/checkpoint_step20.pt UNEXPLAINED 1024 null",
            "runs/sr011-q4a4-FP4-init/v2_initial.pt QUANTIZED 0 null",
            SR_LUT + "baked_step200.pt BAKED 0 0.00634765625",
            SR_LUT + "v2_q4_r32_fp16_20261123_204152.pt CAST 0 null",
            "runs/srLUT-004s_synced/synced_step200.pt SYNCED 0 null",
            "runs/srLUT-004t_tightened/tightened.pt REQUANTIZED 0 null");
    assertThat(
            texts(
                "SELECT path, layer, indices_outside, off_grid, stale FROM"
                    + " lineage.qtrace.invariants WHERE path NOT LIKE '%lut_refreshed%' AND"
                    + " (off_grid + stale + indices_outside > 0 OR NOT (lut_rising AND"
                    + " lut_symmetric AND lut_float16)) ORDER BY ALL"))
        .containsExactly(
            "runs/bug_q_drift/checkpoint_step20.pt model.layers.0.mlp.up_proj 0 0 1",
            "runs/bug_q_drift/checkpoint_step20.pt model.layers.0.self_attn.k_proj 0 1024 1024",
            "runs/bug_q_drift/checkpoint_step20.pt model.layers.0.self_attn.o_proj 0 0 5");
  }

  @Test
  void explainsKnownCheckpointsFromTheTables() throws IOException {
    audit(Sample.ARCHIVE);
    Path policy = folder.resolve("policy.yaml");
    Files.writeString(policy, Files.readString(Path.of("../conf/policy.yaml")) + "# mine\n");
    AuditReport again = audit(spark, Sample.ARCHIVE, Policy.load(Optional.of(policy)));
    assertThat(again.size().checkpointsRead()).isZero();
    assertThat(count("invariants")).isEqualTo(16 * 14);
    String columns = "parent_path, child_path, layer, status, cause, residual, drift";
    assertThat(
            texts(
                "SELECT %s, count(*) FROM lineage.qtrace.q_changes GROUP BY ALL HAVING count(*) <> 2"
                    .formatted(columns)))
        .isEmpty();
    assertThat(count("q_changes")).isEqualTo(steps(again) * 28);
  }

  @Test
  void readsEachByteOnce() throws IOException {
    AuditReport report = audit(Sample.RUNS);
    long indexes = 16 * 160_000; // directories and pickles weigh more in small files
    long recomputed = 200_000; // weight, scales and indices of the one that was requantized
    assertThat(report.reading().bytesRead())
        .isLessThan(report.size().bytes() + indexes + recomputed);
  }

  @Test
  void countsOnItsRowWhatSparkCountedForTasks() throws Exception {
    Path archive = Sample.copyRuns(folder.resolve("archive"), "debug_lut_training");
    assertThat(countedForTasks(archive).get("qtrace: bytes skipped")).isNull();
    Sample.copyRuns(archive, "bug_q_drift");
    assertThat(countedForTasks(archive).get("qtrace: bytes skipped")).isPositive();
  }

  // What an audit's tasks counted: what its row says.
  private Map<String, Long> countedForTasks(Path archive) throws Exception {
    Map<String, Long> counted = new ConcurrentHashMap<>();
    SparkListener listener =
        new SparkListener() {
          @Override
          public void onTaskEnd(SparkListenerTaskEnd ended) {
            CollectionConverters.asJava(ended.taskInfo().accumulables()).stream()
                .filter(metric -> metric.name().exists(name -> name.startsWith("qtrace: ")))
                .forEach(
                    metric ->
                        counted.merge(
                            metric.name().get(), (Long) metric.update().get(), Long::sum));
          }
        };
    spark.sparkContext().addSparkListener(listener);
    AuditReport report = audit(archive);
    spark.sparkContext().listenerBus().waitUntilEmpty();
    spark.sparkContext().removeSparkListener(listener);
    assertThat(
            texts(
                "SELECT bytes_read, bytes_skipped, tensors_compared FROM lineage.qtrace.audits"
                    + " WHERE audit_id = '%s'".formatted(report.auditId())))
        .containsExactly(
            "%d %d %d"
                .formatted(
                    counted.get("qtrace: bytes read"),
                    counted.getOrDefault("qtrace: bytes skipped", 0L),
                    counted.get("qtrace: tensors compared")));
    return counted;
  }

  @Test
  void repeatedAuditAddsNoRowsAndReportsTheSame() throws IOException {
    AuditReport first = openSample();
    Map<String, Long> snapshots = snapshots();
    assertThat(audit(Sample.ARCHIVE)).isEqualTo(first);
    assertThat(snapshots()).isEqualTo(snapshots);
  }

  @Test
  void readsOnlyWhatIsNew() throws IOException {
    Path archive = Sample.copyTo(folder.resolve("archive"));
    Path bug = archive.resolve("runs/bug_q_drift");
    Path aside = Files.move(bug, folder.resolve("aside"));
    AuditReport first = audit(archive);
    assertThat(first.verdict()).isEqualTo(Verdict.CLEAN);
    Files.move(aside, bug);
    AuditReport second = audit(archive);
    assertThat(second.size().checkpointsRead()).isEqualTo(1);
    assertThat(second.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(second.edges()).hasSize(first.edges().size() + 2).containsAll(first.edges());
    assertThat(second.reading().bytesSkipped()).isEqualTo(first.size().bytes());
    assertThat(second.reading().bytesRead()).isLessThan(first.size().bytes() / 4);
    assertThat(count("checkpoints")).isEqualTo(17);
    assertThat(count("tensors")).isEqualTo(2174);
    assertThat(count("audits")).isEqualTo(2);
  }

  @Test
  void reportsEachBadFileAndAuditsTheOthers() throws IOException {
    Path archive = Sample.copyTo(folder.resolve("archive"));
    Path run = archive.resolve("runs/debug_lut_training");
    byte[] good = Files.readAllBytes(run.resolve("checkpoint_step20.pt"));
    Files.write(run.resolve("checkpoint_step21.pt"), Arrays.copyOf(good, good.length - 1000));
    byte[] flipped = good.clone();
    flipped[good.length / 2] ^= 1;
    Files.write(run.resolve("checkpoint_step22.pt"), flipped);
    Files.writeString(
        run.resolve("checkpoint_step23.pt"),
        "cos\nsystem\n(S'true'\ntR.",
        StandardCharsets.US_ASCII);
    AuditReport report = audit(archive);
    assertThat(report.unreadable())
        .extracting(Finding::example)
        .containsExactly(
            "runs/debug_lut_training/checkpoint_step21.pt",
            "runs/debug_lut_training/checkpoint_step22.pt",
            "runs/debug_lut_training/checkpoint_step23.pt");
    assertThat(report.unreadable())
        .allSatisfy(
            finding -> assertThat(finding.message()).contains(finding.example() + ": at byte"));
    assertThat(report.edges()).hasSameSizeAs(ofSample.edges()).hasSize(23);
    assertThat(report.conclusion()).contains("3 checkpoints could not be read or evaluated.");
    assertThat(
            spark.sql("SELECT * FROM lineage.qtrace.checkpoints WHERE error IS NOT NULL").count())
        .isEqualTo(3);
  }

  @Test
  void everyRowAndCommitCarriesTheAuditId() {
    String id = openSample().auditId();
    for (String table : TABLES) {
      assertThat(
              spark.table("lineage.qtrace." + table).select("audit_id").distinct().collectAsList())
          .extracting(row -> row.getString(0))
          .containsExactly(id);
      List<Row> commits =
          spark
              .sql("SELECT summary['qtrace.audit-id'] FROM lineage.qtrace." + table + ".snapshots")
              .collectAsList();
      assertThat(commits).extracting(row -> row.getString(0)).containsOnly(id);
    }
  }

  // For tests that add nothing to its tables.
  private AuditReport openSample() {
    spark = sample;
    return ofSample;
  }

  private AuditReport audit(Path archive) throws IOException {
    return audit(spark, archive, Policy.load(Optional.empty()));
  }

  private static AuditReport audit(SparkSession spark, Path archive, Policy policy)
      throws IOException {
    return new Audit(spark, Settings.load(Optional.empty()), policy, Progress.NONE)
        .run(archive.toString());
  }

  // Edges that are judged, and so have rows of q_changes.
  private static long steps(AuditReport report) {
    return report.edges().stream()
        .filter(edge -> !List.of(EdgeKind.SEVERAL, EdgeKind.NONE).contains(edge.edge().kind()))
        .count();
  }

  private List<String> texts(String query) {
    return spark.sql(query).collectAsList().stream().map(row -> row.mkString(" ")).toList();
  }

  private long count(String table) {
    return spark.table("lineage.qtrace." + table).count();
  }

  private Map<String, Long> snapshots() {
    Map<String, Long> snapshots = new TreeMap<>();
    TABLES.forEach(
        table ->
            snapshots.put(table, spark.table("lineage.qtrace." + table + ".snapshots").count()));
    return snapshots;
  }
}
