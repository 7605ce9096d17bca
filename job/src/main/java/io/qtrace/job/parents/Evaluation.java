package io.qtrace.job.parents;

import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** Evaluates what the search for parents asks of checkpoints' tensors, which it does not hold. */
public interface Evaluation {
  /** Candidates that an earlier search evaluated: its checkpoints are not searched again. */
  default Set<Candidate> known() {
    return Set.of();
  }

  /** What would have led from either checkpoint of each candidate to the other. */
  Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates);

  /** What the contents say of declared parents that the weights doubt. */
  Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes);
}
