package io.qtrace.job.parents;

import java.io.Serializable;

/**
 * Two checkpoints of which either may have been made from the other.
 *
 * @param one identifier of the first, by order of identifiers
 */
public record Candidate(String one, String other) implements Serializable {
  public Candidate {
    if (one.compareTo(other) >= 0) {
      throw new IllegalArgumentException(
          "Invalid candidate: %s and %s, expected two in order".formatted(one, other));
    }
  }

  static Candidate of(String one, String other) {
    return one.compareTo(other) < 0 ? new Candidate(one, other) : new Candidate(other, one);
  }

  /**
   * The transitions from either to the other.
   *
   * @param forward from the first to the other
   * @param backward from the other to the first
   */
  public record Transitions(Transition forward, Transition backward) implements Serializable {}
}
