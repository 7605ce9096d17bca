package io.qtrace.job.judge;

import io.qtrace.job.operations.Classifier;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.util.List;
import java.util.stream.Stream;

/**
 * The judgement of one edge under a policy.
 *
 * @param notes remarks that are not findings
 * @param trained groups of tensors that a train edge trains
 * @param changes every {@code _Q} and why it changed
 * @param lutMoves how far the LUT moved in each layer that has one on both sides
 * @param outcome what each operation leaves unexplained
 * @param rulesHash of the policy, the overrides of the run and the waivers in force
 */
public record Judgement(
    EdgeKind kind,
    Verdict verdict,
    List<Finding> findings,
    List<String> notes,
    List<String> trained,
    List<QChange> changes,
    List<LutMove> lutMoves,
    Classifier.Outcome outcome,
    String rulesHash) {
  public Judgement {
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
    trained = List.copyOf(trained);
    changes = List.copyOf(changes);
    lutMoves = List.copyOf(lutMoves);
  }

  /** The same with more notes. */
  Judgement noted(List<String> more) {
    return more.isEmpty()
        ? this
        : new Judgement(
            kind,
            verdict,
            findings,
            Stream.concat(notes.stream(), more.stream()).toList(),
            trained,
            changes,
            lutMoves,
            outcome,
            rulesHash);
  }

  /** The layers of the child that train a LUT. */
  public List<LutMove> trainableLuts() {
    return lutMoves.stream().filter(move -> move.deltas().isPresent()).toList();
  }
}
