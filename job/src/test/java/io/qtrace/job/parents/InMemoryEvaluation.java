package io.qtrace.job.parents;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Operations;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Evaluates candidates here, from facts by the checkpoint's id. */
final class InMemoryEvaluation implements Evaluation {
  private static final Classifier CLASSIFIER = new Classifier(Operations.KNOWN);

  private final Map<String, Node> nodes = new HashMap<>();

  InMemoryEvaluation(Map<String, CheckpointFacts> facts) {
    facts.forEach((id, found) -> nodes.put(id, Node.of(found)));
  }

  @Override
  public Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates) {
    Map<Candidate, Candidate.Transitions> found = new HashMap<>();
    for (Candidate candidate : candidates) {
      Node one = nodes.get(candidate.one());
      Node other = nodes.get(candidate.other());
      found.put(
          candidate,
          new Candidate.Transitions(
              Transition.between(one, other, CLASSIFIER),
              Transition.between(other, one, CLASSIFIER)));
    }
    return found;
  }

  @Override
  public Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes) {
    Map<Dispute, Dispute.Ruling> found = new HashMap<>();
    for (Dispute dispute : disputes) {
      found.put(
          dispute,
          Transition.ruling(
              nodes.get(dispute.inferred()),
              nodes.get(dispute.declared()),
              nodes.get(dispute.child()),
              CLASSIFIER));
    }
    return found;
  }
}
