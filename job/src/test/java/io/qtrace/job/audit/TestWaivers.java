package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Known findings that a policy forgives for a time. */
@Tag("archive")
class TestWaivers {
  private static final LocalDate TODAY = LocalDate.of(2026, 11, 24);
  private static final String BUG = "runs/bug_q_drift/checkpoint_step20.pt";

  private static final List<String> RULES =
      List.of("parent-contradicted", "q-off-grid", "q-stale", "indices-alone");

  @TempDir Path folder;
  private SparkSession spark;
  private Path archive;

  @BeforeEach
  void copyTheBug() throws IOException {
    spark = LocalSpark.session(folder.resolve("lineage"));
    archive = folder.resolve("archive");
    for (String run : List.of("sr011-q4a4-FP4-init", "bug_q_drift", "debug_lut_training")) {
      Path to = Files.createDirectories(archive.resolve("runs").resolve(run));
      try (var files = Files.list(Path.of(Sample.run(run)))) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
    }
  }

  @Test
  void waivedFindingsAreReportedButDoNotCount() throws IOException {
    AuditReport report = audit(policy(allOfTheBug("2026-11-24"), TODAY));
    assertThat(report.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(report.findingCount()).isZero();
    assertThat(report.waivedCount()).isEqualTo(4);
    assertThat(report.notes()).isEmpty();
    assertThat(bug(report))
        .hasSize(2)
        .allSatisfy(edge -> assertThat(edge.verdict()).isEqualTo(Verdict.CLEAN))
        .flatExtracting(AuditedEdge::findings)
        .hasSize(4)
        .allSatisfy(
            finding -> {
              assertThat(finding.waivedReason()).isEqualTo("a planted bug");
              assertThat(finding.waivedUntil()).isEqualTo("2026-11-24");
            });
    List<String> page =
        AuditText.page(report, new NextSteps("a", List.of(), List.of(), List.of()), 100);
    assertThat(page.get(0)).startsWith("CLEAN: 0 of ").endsWith(" 0 findings, 4 waived");
    assertThat(page)
        .contains("Waived findings", "  Nothing needs to be done.")
        .doesNotContain("Findings")
        .anyMatch(line -> line.contains("waived until 2026-11-24 (a planted bug): q-stale: 1 _Q"));
    assertThat(
            spark
                .sql(
                    "SELECT DISTINCT f.waived_reason FROM lineage.qtrace.edges LATERAL VIEW"
                        + " explode(findings) AS f WHERE f.rule = 'q-stale'")
                .collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("a planted bug");
  }

  @Test
  void reevaluatesEdgesWhenAWaiverExpires() throws IOException {
    String waivers = allOfTheBug("2026-11-24");
    AuditReport before = audit(policy(waivers, TODAY.minusDays(3)));
    assertThat(audit(policy(waivers, TODAY))).isEqualTo(before);
    AuditReport after = audit(policy(waivers, TODAY.plusDays(1)));
    assertThat(after.auditId()).isNotEqualTo(before.auditId());
    assertThat(after.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(after.size().checkpointsRead()).isZero();
    assertThat(after.waivedCount()).isZero();
    assertThat(after.findingCount()).isEqualTo(before.waivedCount());
    assertThat(after.notes())
        .contains("the waiver of q-stale expired on 2026-11-24: a planted bug");
    assertThat(bug(after))
        .anySatisfy(
            edge ->
                assertThat(edge.notes())
                    .contains("the waiver of q-stale expired on 2026-11-24: a planted bug"));
  }

  @Test
  void aWaiverOfOneTensorLeavesTheOthers() throws IOException {
    AuditReport report =
        audit(
            policy(
                """
                waivers:
                  - rule: scale-never
                    runs: ["runs/debug_*"]
                    tensors: ["*.0.*.k_proj.scale_A"]
                    reason: k only
                    expires: 2026-12-31
                  - {rule: q-stale, checkpoints: ["*/other.pt"], reason: elsewhere, expires: 2026-12-31}
                """,
                TODAY,
                "scale: inferred",
                "scale: never"));
    assertThat(report.verdict()).isEqualTo(Verdict.VIOLATION);
    assertThat(edgesTo(report, "runs/debug_lut_training/checkpoint_step20.pt"))
        .flatExtracting(AuditedEdge::findings)
        .extracting(Finding::tensors, Finding::waivedReason)
        .containsExactlyInAnyOrder(tuple(1, "k only"), tuple(41, null));
    assertThat(report.notes()).containsExactly("the waiver of q-stale covers nothing: elsewhere");
  }

  @Test
  void anUnreadableCheckpointMayBeWaivedToo() throws IOException {
    Files.delete(archive.resolve(BUG));
    Files.writeString(archive.resolve("runs/bug_q_drift/checkpoint_step21.pt"), "no checkpoint");
    String waivers =
        """
        waivers:
          - {rule: unreadable, runs: ["runs/bug_q_drift"], reason: half a copy, expires: 2026-12-31}
        """;
    AuditReport report = audit(policy(waivers, TODAY));
    assertThat(report.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(report.unreadable())
        .extracting(Finding::waivedReason)
        .containsExactly("half a copy");
    assertThat(audit(policy("waivers: []", TODAY)).verdict()).isEqualTo(Verdict.VIOLATION);
  }

  private static String allOfTheBug(String expires) {
    StringBuilder waivers = new StringBuilder("waivers:\n");
    for (String rule : RULES) {
      waivers.append(
          "  - {rule: %s, runs: [\"runs/bug_q_drift\"], reason: a planted bug, expires: %s}\n"
              .formatted(rule, expires));
    }
    return waivers.toString();
  }

  private static List<AuditedEdge> bug(AuditReport report) {
    return edgesTo(report, BUG);
  }

  private static List<AuditedEdge> edgesTo(AuditReport report, String child) {
    return report.edges().stream()
        .map(RecordedEdge::edge)
        .filter(edge -> edge.ends().childPath().equals(child))
        .toList();
  }

  private AuditReport audit(Policy policy) throws IOException {
    return new Audit(spark, Settings.load(Optional.empty()), policy, Progress.NONE)
        .run(archive.toString());
  }

  private Policy policy(String waivers, LocalDate today) throws IOException {
    return policy(waivers, today, "", "");
  }

  private Policy policy(String waivers, LocalDate today, String words, String other)
      throws IOException {
    String yaml = Files.readString(Path.of("../conf/policy.yaml")).replace(words, other);
    assertThat(yaml).contains("\nwaivers: []\n");
    Path file = folder.resolve("policy.yaml");
    Files.writeString(file, yaml.replace("\nwaivers: []\n", "\n" + waivers + "\n"));
    return Policy.load(Optional.of(file), today);
  }
}
