package io.qtrace.job.audit;

import io.qtrace.job.compare.Packed;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.lineage.CauseCount;
import io.qtrace.job.lineage.EdgeResult;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;

/**
 * What an audit found, before it is written.
 *
 * @param id of the audit
 * @param edges all edges, including those that earlier audits judged
 * @param roots findings about single checkpoints: their pickles, and those without a parent
 * @param causes number of {@code _Q} with each cause, for new edges
 * @param results of the new edges, on the executors
 * @param bytesRead for judging them
 */
record AuditOutcome(
    String id,
    List<RecordedEdge> edges,
    List<Finding> roots,
    Map<EdgeEnds, List<CauseCount>> causes,
    JavaRDD<Packed<EdgeResult>> results,
    long bytesRead) {
  AuditOutcome {
    edges = List.copyOf(edges);
    roots = List.copyOf(roots);
  }

  /** Whether an edge was judged by this audit. */
  boolean isNew(RecordedEdge edge) {
    return edge.auditId().equals(id);
  }
}
