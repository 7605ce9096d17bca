package io.qtrace.job.audit;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What an audit says; stored as JSON in its row, so that the same audit says the same again.
 *
 * @param edges in order of runs
 * @param unreadable one finding for each checkpoint that could not be read
 * @param roots what is wrong with checkpoints that have no parent, or with the pickles of any, each
 *     with its path as example; none in a report of an older version
 * @param findings what is wrong beyond single edges
 * @param notes names of pickles that are not known to be safe; waivers of the policy that expired
 *     or cover nothing
 * @param conclusion sentences that answer the notebook's questions for the whole archive
 */
public record AuditReport(
    String auditId,
    String archive,
    Verdict verdict,
    @JsonUnwrapped Size size,
    @JsonUnwrapped AuditEntry.Reading reading,
    List<RecordedEdge> edges,
    List<Finding> unreadable,
    List<Finding> roots,
    List<Finding> findings,
    List<Folder> skipped,
    List<String> notes,
    List<String> conclusion) {
  public AuditReport {
    // A report read from its JSON is equal.
    edges = edges.stream().map(RecordedEdge::withoutWeights).toList();
    roots = Objects.requireNonNullElse(roots, List.of());
  }

  /**
   * How large the archive is.
   *
   * @param checkpointsRead those that no earlier audit had read
   */
  public record Size(int runs, int checkpoints, int checkpointsRead, long bytes) {}

  /** A folder that is not a run, and why. */
  public record Folder(String path, String reason) {}

  public int violations() {
    return (int) edges.stream().filter(edge -> edge.edge().isViolation()).count();
  }

  /** Findings that count, those of edges included. */
  public int findingCount() {
    return (int) allFindings().filter(Finding::counts).count();
  }

  /** Findings that a waiver of the policy covers. */
  public int waivedCount() {
    return (int) allFindings().filter(finding -> !finding.counts()).count();
  }

  private Stream<Finding> allFindings() {
    return Stream.of(
            unreadable.stream(),
            roots.stream(),
            findings.stream(),
            edges.stream().flatMap(edge -> edge.edge().findings().stream()))
        .flatMap(all -> all);
  }
}
