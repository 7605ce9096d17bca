package io.qtrace.job.lineage;

import io.qtrace.job.policy.Verdict;
import java.time.Instant;
import java.util.Objects;

/**
 * A finished audit.
 *
 * @param id hash of the archive's content and the policy
 * @param archive URI of its root
 * @param report the command's output as JSON
 */
public record AuditEntry(
    String id,
    String archive,
    Span span,
    Made made,
    Totals totals,
    Verdict verdict,
    Reading reading,
    String report) {
  /** When it ran. */
  public record Span(Instant started, Instant finished) {}

  /** The versions that made it. */
  public record Made(
      @ColumnComment("version of qtrace") String version, int policyVersion, String policyHash) {}

  /** What it covered and found. */
  public record Totals(
      int checkpoints,
      @ColumnComment("checkpoints that no earlier audit had read") int checkpointsRead,
      int edges,
      int violations,
      int findings) {}

  /** What it cost. */
  public record Reading(
      @ColumnComment(
              "bytes requested from the object store; what a retried task reads again does not count")
          long bytesRead,
      @ColumnComment("bytes of checkpoints not read again, as an earlier audit had read them")
          long bytesSkipped,
      @ColumnComment("pairs of tensors whose bytes were compared") long tensorsCompared) {}

  public AuditEntry {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(archive, "archive");
    Objects.requireNonNull(verdict, "verdict");
    Objects.requireNonNull(report, "report");
  }
}
