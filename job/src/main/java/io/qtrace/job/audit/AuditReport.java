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
 * The result of an audit; stored as JSON in its row, so that repeating the audit reports the same.
 *
 * @param edges in order of runs
 * @param unreadable one finding for each checkpoint that could not be read
 * @param roots findings about checkpoints without a parent, or about the pickles of any checkpoint,
 *     with its path as example; empty in a report of an older version
 * @param findings findings beyond single edges
 * @param notes names in pickles that are not known to be safe; expired and unused waivers
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
   * The size of the archive.
   *
   * @param checkpointsRead checkpoints that no earlier audit had read
   */
  public record Size(int runs, int checkpoints, int checkpointsRead, long bytes) {}

  /** A folder that is not a run, and why not. */
  public record Folder(String path, String reason) {}

  public int violations() {
    return (int) edges.stream().filter(edge -> edge.edge().isViolation()).count();
  }

  /** Number of findings not covered by a waiver, including those of edges. */
  public int findingCount() {
    return (int) allFindings().filter(Finding::counts).count();
  }

  /** Number of findings covered by a waiver of the policy. */
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
