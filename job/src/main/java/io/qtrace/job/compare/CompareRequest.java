package io.qtrace.job.compare;

import io.qtrace.compare.Measure;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A request to the compare stage; checkpoints are identified by keys of the caller's choice.
 *
 * @param checkpoints all that take part; parents best before their children, runs together
 * @param measured those of them that are measured: read whole, once
 * @param pairs what is compared
 * @param measures wanted for every measured tensor; {@link Measure#NORM} is computed only for
 *     scales, {@link Measure#COUNTS} only for indices
 * @param unread names of tensors that are neither measured nor compared
 */
public record CompareRequest(
    List<String> checkpoints,
    Set<String> measured,
    List<Pair> pairs,
    Set<Measure> measures,
    Set<String> unread) {
  /** A parent and its child. */
  public record Pair(String left, String right) implements Serializable {
    public Pair {
      Objects.requireNonNull(left, "left");
      Objects.requireNonNull(right, "right");
      if (left.equals(right)) {
        throw new IllegalArgumentException("Invalid pair: " + left + " with itself");
      }
    }
  }

  public CompareRequest {
    checkpoints = List.copyOf(checkpoints);
    measured = Set.copyOf(measured);
    pairs = List.copyOf(pairs);
    measures = Set.copyOf(measures);
    unread = Set.copyOf(unread);
  }

  /** A request for all tensors. */
  public CompareRequest(
      List<String> checkpoints, Set<String> measured, List<Pair> pairs, Set<Measure> measures) {
    this(checkpoints, measured, pairs, measures, Set.of());
  }
}
