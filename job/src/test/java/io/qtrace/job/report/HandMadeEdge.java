package io.qtrace.job.report;

import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.util.List;

/** An edge for reports: one tensor identical, two changed. */
final class HandMadeEdge {
  private HandMadeEdge() {}

  static RecordedEdge of(
      String parent,
      String child,
      String kind,
      Verdict verdict,
      List<String> evidence,
      List<Finding> findings) {
    return of(parent, child, kind, verdict, evidence, findings, List.of());
  }

  static RecordedEdge of(
      String parent,
      String child,
      String kind,
      Verdict verdict,
      List<String> evidence,
      List<Finding> findings,
      List<String> trained) {
    return new RecordedEdge(
        "id",
        new AuditedEdge(
            new EdgeEnds("#" + parent, "#" + child, parent, child),
            ParentPart.WHOLE,
            new EdgeKind(kind),
            evidence,
            verdict,
            new EdgeCounts(
                new EdgeCounts.ByStatus(1, 0, 2, 0, 0, 0),
                new EdgeCounts.Quantized(0, 0),
                new EdgeCounts.Luts(0, 0)),
            trained,
            findings,
            List.of(),
            new AuditedEdge.Rules(1, "hash", "rules"),
            WeightsEvidence.NOTHING));
  }
}
