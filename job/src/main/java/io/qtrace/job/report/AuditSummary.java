package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The result of an audit in one small document, for alerts.
 *
 * @param status exit status of the command: 0, 1, or 2 if the audit failed
 * @param error why the audit failed; null if it did not
 * @param audit its result; null if it failed
 */
public record AuditSummary(
    int status,
    String archive,
    String started,
    String finished,
    @JsonInclude(JsonInclude.Include.NON_NULL) String error,
    @JsonInclude(JsonInclude.Include.NON_NULL) Audit audit) {
  private static final int MOST_PROBLEMS = 100;

  /**
   * A finished audit.
   *
   * @param checkpointsRead checkpoints that no earlier audit had read
   * @param waived findings covered by a waiver of the policy
   * @param problems the first 100 findings not covered by a waiver
   */
  public record Audit(
      String auditId,
      Verdict verdict,
      int runs,
      int checkpoints,
      int checkpointsRead,
      int edges,
      int violations,
      int findings,
      int waived,
      long bytesRead,
      long bytesSkipped,
      long tensorsCompared,
      List<Problem> problems) {}

  /**
   * A finding.
   *
   * @param checkpoint that it is about; null for a finding about the archive
   */
  public record Problem(
      @JsonInclude(JsonInclude.Include.NON_NULL) String checkpoint, String rule, String message) {}

  public AuditSummary {
    Objects.requireNonNull(archive, "archive");
    if ((error == null) == (audit == null)) {
      throw new IllegalArgumentException("Invalid summary: expected an error or an audit");
    }
  }

  public static AuditSummary of(
      AuditReport report, int status, String archive, Instant started, Instant finished) {
    Audit audit =
        new Audit(
            report.auditId(),
            report.verdict(),
            report.size().runs(),
            report.size().checkpoints(),
            report.size().checkpointsRead(),
            report.edges().size(),
            report.violations(),
            report.findingCount(),
            report.waivedCount(),
            report.reading().bytesRead(),
            report.reading().bytesSkipped(),
            report.reading().tensorsCompared(),
            problems(report));
    return new AuditSummary(status, archive, started.toString(), finished.toString(), null, audit);
  }

  public static AuditSummary failed(
      String error, int status, String archive, Instant started, Instant finished) {
    return new AuditSummary(status, archive, started.toString(), finished.toString(), error, null);
  }

  private static List<Problem> problems(AuditReport report) {
    return Stream.of(
            report.unreadable().stream().map(finding -> new Row(finding.example(), finding)),
            report.roots().stream().map(finding -> new Row(finding.example(), finding)),
            report.edges().stream().flatMap(AuditSummary::rows),
            report.findings().stream().map(finding -> new Row(null, finding)))
        .flatMap(rows -> rows)
        .filter(row -> row.finding().counts())
        .map(row -> new Problem(row.checkpoint(), row.finding().rule(), row.finding().message()))
        .limit(MOST_PROBLEMS)
        .toList();
  }

  private static Stream<Row> rows(RecordedEdge edge) {
    return edge.edge().findings().stream()
        .map(finding -> new Row(edge.edge().ends().childPath(), finding));
  }

  private record Row(String checkpoint, Finding finding) {}
}
