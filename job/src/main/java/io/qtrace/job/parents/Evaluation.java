package io.qtrace.job.parents;

import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers the questions of the search for parents about tensors, which the search itself does not
 * have.
 */
public interface Evaluation {
  /** Candidates that an earlier search evaluated: its checkpoints are not searched again. */
  default Set<Candidate> known() {
    return Set.of();
  }

  /** The transitions between the checkpoints of each candidate. */
  Map<Candidate, Candidate.Transitions> transitions(Collection<Candidate> candidates);

  /**
   * Checkpoints of which some may be the members of an average.
   *
   * @param child identifier of what may be the average
   * @param others identifiers
   */
  record Pool(String child, List<String> others) implements Serializable {
    public Pool {
      others = List.copyOf(others);
    }
  }

  /** Identifiers of the members of each average; pools without an average are missing. */
  default Map<Pool, List<String>> averages(Collection<Pool> pools) {
    return Map.of();
  }

  /** Averages that earlier searches found, by identifier, and their members. */
  default Map<String, List<String>> knownAverages() {
    return Map.of();
  }

  /** What the tensor contents show about declared parents that the weights cast doubt on. */
  Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes);
}
