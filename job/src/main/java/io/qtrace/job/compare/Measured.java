package io.qtrace.job.compare;

import io.qtrace.compare.TensorDiff;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the compare stage found about one checkpoint.
 *
 * @param facts of a checkpoint that was measured
 * @param diffs from each parent that it was compared with, by the tensor's name; identical tensors
 *     may be missing
 * @param cost of finding it
 * @param failure why the data read from it must be ignored
 */
public record Measured(
    Optional<Packed<CheckpointFacts>> facts,
    Map<String, Packed<Map<String, TensorDiff>>> diffs,
    CompareCost cost,
    Optional<Failure> failure) {
  /**
   * Why a checkpoint could not be read.
   *
   * @param reason one line that names the file
   * @param retried whether the next audit retries it: it was modified while being read, or memory
   *     ran out
   */
  public record Failure(String reason, boolean retried) implements Serializable {
    public Failure {
      Objects.requireNonNull(reason, "reason");
    }
  }

  public Measured {
    Objects.requireNonNull(facts, "facts");
    diffs = Map.copyOf(diffs);
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(failure, "failure");
  }

  static Measured of(Optional<CheckpointFacts> facts, Map<String, Map<String, TensorDiff>> diffs) {
    Map<String, Packed<Map<String, TensorDiff>>> packed = new HashMap<>();
    diffs.forEach((parent, found) -> packed.put(parent, Packed.of(found)));
    return new Measured(facts.map(Packed::of), packed, CompareCost.NONE, Optional.empty());
  }

  static Measured failed(String reason, boolean retried) {
    return new Measured(
        Optional.empty(), Map.of(), CompareCost.NONE, Optional.of(new Failure(reason, retried)));
  }

  Measured withCost(CompareCost found) {
    return new Measured(facts, diffs, found, failure);
  }
}
