package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestAudit {
  private static final List<String> TABLES =
      List.of("audits", "checkpoints", "tensors", "edges", "changes");

  @TempDir Path folder;
  private SparkSession spark;

  @BeforeEach
  void openTables() {
    spark = LocalSpark.session(folder.resolve("lineage"));
  }

  @Test
  void auditsTheSampleArchive() throws IOException {
    AuditReport report = audit(Sample.ARCHIVE);
    assertThat(report.runs()).isEqualTo(7);
    assertThat(report.checkpoints()).isEqualTo(16);
    assertThat(report.checkpointsRead()).isEqualTo(16);
    assertThat(report.unreadable()).isEmpty();
    assertThat(report.skipped())
        .extracting(AuditReport.Folder::path)
        .hasSize(4)
        .contains("base-model");
    assertThat(report.verdict()).isEqualTo("VIOLATION");
    assertThat(report.edges())
        .filteredOn(edge -> edge.verdict().equals("VIOLATION"))
        .extracting(EdgeRow::childPath)
        .containsExactly("runs/bug_q_drift/checkpoint_step20.pt");
    assertThat(report.conclusion())
        .first()
        .asString()
        .isEqualTo(
            "Training changed _Q on 1 of 11 train edges: runs/bug_q_drift/checkpoint_step20.pt.");
    assertThat(count("checkpoints")).isEqualTo(16);
    assertThat(count("tensors")).isEqualTo(2150);
    assertThat(count("edges")).isEqualTo(report.edges().size());
    assertThat(count("audits")).isEqualTo(1);
  }

  @Test
  void readsEachByteOnce() throws IOException {
    AuditReport report = audit(Sample.ARCHIVE);
    long indexes = 16 * 160_000; // directories and pickles weigh more in small files
    assertThat(report.bytesRead()).isLessThan(report.bytes() + indexes);
  }

  @Test
  void theSameAuditAgainAddsNothingAndSaysTheSame() throws IOException {
    AuditReport first = audit(Sample.ARCHIVE);
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
    assertThat(first.verdict()).isEqualTo("CLEAN");
    Files.move(aside, bug);
    AuditReport second = audit(archive);
    assertThat(second.checkpointsRead()).isEqualTo(1);
    assertThat(second.verdict()).isEqualTo("VIOLATION");
    assertThat(second.edges()).hasSize(first.edges().size() + 1).containsAll(first.edges());
    assertThat(second.bytesSkipped()).isEqualTo(first.bytes());
    assertThat(second.bytesRead()).isLessThan(first.bytes() / 4);
    assertThat(count("checkpoints")).isEqualTo(16);
    assertThat(count("tensors")).isEqualTo(2150);
    assertThat(count("audits")).isEqualTo(2);
  }

  @Test
  void badFilesAreOneFindingEachAndTheRestIsAudited() throws IOException {
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
        .extracting(FindingRow::example)
        .containsExactly(
            "runs/debug_lut_training/checkpoint_step21.pt",
            "runs/debug_lut_training/checkpoint_step22.pt",
            "runs/debug_lut_training/checkpoint_step23.pt");
    assertThat(report.unreadable())
        .allSatisfy(
            finding -> assertThat(finding.message()).contains(finding.example() + ": at byte"));
    assertThat(report.edges()).hasSameSizeAs(audit(Sample.ARCHIVE).edges());
    assertThat(report.conclusion())
        .contains("3 checkpoints could not be read: nothing is said of them.");
    assertThat(
            spark.sql("SELECT * FROM lineage.qtrace.checkpoints WHERE error IS NOT NULL").count())
        .isEqualTo(3);
  }

  @Test
  void everyRowAndCommitBearsTheAudit() throws IOException {
    String id = audit(Sample.ARCHIVE).auditId();
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

  private AuditReport audit(Path archive) throws IOException {
    return new Audit(
            spark, Settings.load(Optional.empty()), Policy.load(Optional.empty()), line -> {})
        .run(archive.toString());
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
