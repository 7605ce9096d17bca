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

  /**
   * A checkpoint that may have tensors of another one.
   *
   * @param child identifier
   * @param parents identifiers, the nearest first; none for a root
   * @param other identifier
   */
  record Mix(String child, List<String> parents, String other) implements Serializable {
    public Mix {
      parents = List.copyOf(parents);
    }
  }

  /**
   * The tensors that a checkpoint took from another one.
   *
   * @param tensors names
   * @param deviation absolute natural logarithm of the ratio of the size of their moves from the
   *     parent to the size of the moves of the other tensors in their groups
   */
  record Taken(List<String> tensors, double deviation) implements Serializable {
    static final Taken NOTHING = new Taken(List.of(), 0);

    public Taken {
      tensors = List.copyOf(tensors);
    }
  }

  /** The tensors that each child took; pairs without any may be left out. */
  default Map<Mix, Taken> taken(Collection<Mix> mixes) {
    return Map.of();
  }

  /** What the tensor contents show about declared parents that the weights cast doubt on. */
  Map<Dispute, Dispute.Ruling> rulings(Collection<Dispute> disputes);
}
