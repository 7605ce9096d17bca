package io.qtrace.job.audit.stage;

import io.qtrace.job.audit.cause.Residual;
import io.qtrace.kernel.Deviations;
import java.util.Objects;
import java.util.Optional;

/**
 * Whether the indices of a layer are those that its own weight and scales give.
 *
 * @param obstacle why they could not be recomputed; empty where they were
 * @param others indices that are not, each with the one recomputed
 */
public record IndicesProof(Optional<String> obstacle, Deviations others) {
  public IndicesProof {
    Objects.requireNonNull(obstacle, "obstacle");
    Objects.requireNonNull(others, "others");
  }

  static IndicesProof impossible(String obstacle) {
    return new IndicesProof(Optional.of(obstacle), Deviations.NONE);
  }

  static IndicesProof of(Deviations others) {
    return new IndicesProof(Optional.empty(), others);
  }

  /** Indices that the recomputation does not give; empty where there was none. */
  public Optional<Residual> residual() {
    return obstacle.isPresent() ? Optional.empty() : Optional.of(Residual.of(others));
  }
}
