package io.qtrace.job.compare;

import io.qtrace.compare.Ulps;
import io.qtrace.kernel.Mismatches;
import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;

/**
 * The result of a {@link Recomputation}.
 *
 * @param obstacle why nothing could be recomputed; empty if it could
 * @param others elements that differ from the recomputed number
 * @param rounded elements that agree only within rounding
 */
public record Recomputed(Optional<String> obstacle, Mismatches others, Ulps rounded)
    implements Serializable {
  /** Every element was reproduced bit by bit. */
  public static final Recomputed EXACT = of(Mismatches.NONE, Ulps.NONE);

  public Recomputed {
    Objects.requireNonNull(obstacle, "obstacle");
    Objects.requireNonNull(others, "others");
    Objects.requireNonNull(rounded, "rounded");
  }

  /** The result for numbers that are recomputed without rounding. */
  public Recomputed(Optional<String> obstacle, Mismatches others) {
    this(obstacle, others, Ulps.NONE);
  }

  static Recomputed impossible(String obstacle) {
    return new Recomputed(Optional.of(obstacle), Mismatches.NONE);
  }

  static Recomputed of(Mismatches others, Ulps rounded) {
    return new Recomputed(Optional.empty(), others, rounded);
  }

  Recomputed merge(Recomputed other) {
    return new Recomputed(
        obstacle.or(other::obstacle), others.merge(other.others), rounded.merge(other.rounded));
  }

  /** Elements that the recomputation does not reproduce; empty if there was none. */
  public Optional<UnexplainedElements> unexplained() {
    return obstacle.isPresent() ? Optional.empty() : Optional.of(UnexplainedElements.of(others));
  }
}
