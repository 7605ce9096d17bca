package io.qtrace.job.audit;

import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.lineage.FindingRow;
import java.util.ArrayList;
import java.util.List;

/**
 * What a policy says of one edge.
 *
 * @param notes what a person may want to know though nothing is wrong
 * @param lutMoves what training did to the LUT of each layer that has one on both sides
 * @param rulesHash of the policy, the overrides of the run and the waivers that held
 */
public record Judgement(
    EdgeKind kind,
    Verdict verdict,
    List<FindingRow> findings,
    List<String> notes,
    List<LutMove> lutMoves,
    String rulesHash) {
  public Judgement {
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
    lutMoves = List.copyOf(lutMoves);
  }

  /** The same with more notes. */
  Judgement with(List<String> more) {
    List<String> all = new ArrayList<>(notes);
    all.addAll(more);
    return new Judgement(kind, verdict, findings, all, lutMoves, rulesHash);
  }
}
