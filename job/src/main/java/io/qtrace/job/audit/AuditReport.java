package io.qtrace.job.audit;

import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an audit says; stored as JSON beside its row, so that the same audit says the same again.
 *
 * @param checkpointsRead those that no earlier audit had read
 * @param unreadable one finding for each checkpoint that could not be read
 * @param findings what is wrong beyond single edges
 * @param notes waivers of the policy that expired or cover nothing
 * @param conclusion sentences that answer the notebook's questions for the whole archive
 */
public record AuditReport(
    String auditId,
    String archive,
    String verdict,
    int runs,
    int checkpoints,
    int checkpointsRead,
    long bytes,
    long bytesRead,
    long bytesSkipped,
    long tensorsCompared,
    List<EdgeRow> edges,
    List<FindingRow> unreadable,
    List<FindingRow> findings,
    List<Folder> skipped,
    List<String> notes,
    List<String> conclusion) {
  /** A folder that is no run, and why. */
  public record Folder(String path, String reason) {}

  public int violations() {
    return (int) edges.stream().filter(edge -> edge.verdict().equals("VIOLATION")).count();
  }

  /** Findings that count, those of edges included. */
  public int findingCount() {
    return (int) allFindings().filter(FindingRow::counts).count();
  }

  /** Findings that a waiver of the policy covers. */
  public int waivedCount() {
    return (int) allFindings().filter(finding -> !finding.counts()).count();
  }

  private Stream<FindingRow> allFindings() {
    return Stream.of(
            unreadable.stream(),
            findings.stream(),
            edges.stream().flatMap(edge -> edge.findings().stream()))
        .flatMap(rows -> rows);
  }
}
