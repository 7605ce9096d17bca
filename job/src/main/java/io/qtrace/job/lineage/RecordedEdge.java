package io.qtrace.job.lineage;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Objects;

/**
 * An edge in the tables.
 *
 * @param auditId the audit that judged it first
 */
public record RecordedEdge(String auditId, @JsonUnwrapped AuditedEdge edge) {
  public RecordedEdge {
    Objects.requireNonNull(auditId, "auditId");
    Objects.requireNonNull(edge, "edge");
  }

  /** Without the evidence of the weights, which JSON leaves out. */
  public RecordedEdge withoutWeights() {
    return new RecordedEdge(auditId, edge.withoutWeights());
  }
}
