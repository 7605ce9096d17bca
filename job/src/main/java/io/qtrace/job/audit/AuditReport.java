package io.qtrace.job.audit;

import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import java.util.List;

/**
 * What an audit says; stored as JSON beside its row, so that the same audit says the same again.
 *
 * @param checkpointsRead those that no earlier audit had read
 * @param unreadable one finding for each checkpoint that could not be read
 * @param findings what is wrong beyond single edges
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
    List<String> conclusion) {
  /** A folder that is no run, and why. */
  public record Folder(String path, String reason) {}

  public int violations() {
    return (int) edges.stream().filter(edge -> edge.verdict().equals("VIOLATION")).count();
  }

  /** All findings, those of edges included. */
  public int findingCount() {
    return unreadable.size()
        + findings.size()
        + edges.stream().mapToInt(edge -> edge.findings().size()).sum();
  }
}
