package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers what a test states, and nothing else; remembers the questions. */
public final class StatedEvaluation implements Evaluation {
  /** What led nowhere: no tensor is shared. */
  private static final Transition UNRELATED =
      new Transition(EdgeKind.UNKNOWN, 0, 20, 20, 0, 100, false, false, false, false, List.of());

  private final Map<List<String>, Transition> transitions = new HashMap<>(); // parent, child
  private final Map<Dispute, Dispute.Ruling> rulings = new HashMap<>();
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Dispute> disputes = new ArrayList<>();

  StatedEvaluation transition(CheckpointFile parent, CheckpointFile child, Transition found) {
    transitions.put(List.of(parent.id(), child.id()), found);
    return this;
  }

  /**
   * What the contents say of a declared parent.
   *
   * @param inferred the edge that it competes with
   */
  public StatedEvaluation ruling(
      InferredEdge inferred, CheckpointFile declared, int unexplained, boolean kept) {
    rulings.put(
        new Dispute(inferred.parent().id(), declared.id(), inferred.child().id()),
        new Dispute.Ruling(unexplained, 0, kept));
    return this;
  }

  List<Candidate> candidates() {
    return candidates;
  }

  List<Dispute> disputes() {
    return disputes;
  }

  @Override
  public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> asked) {
    Map<Candidate, Candidate.Transitions> found = new HashMap<>();
    for (Candidate candidate : asked) {
      candidates.add(candidate);
      found.put(
          candidate,
          new Candidate.Transitions(
              transitions.getOrDefault(List.of(candidate.one(), candidate.other()), UNRELATED),
              transitions.getOrDefault(List.of(candidate.other(), candidate.one()), UNRELATED)));
    }
    return found;
  }

  @Override
  public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> asked) {
    Map<Dispute, Dispute.Ruling> found = new HashMap<>();
    for (Dispute dispute : asked) {
      if (!rulings.containsKey(dispute)) {
        throw new AssertionError("Unexpected dispute: " + dispute);
      }
      disputes.add(dispute);
      found.put(dispute, rulings.get(dispute));
    }
    return found;
  }
}
