package io.qtrace.job.audit.cause;

import io.qtrace.compare.TensorStatus;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of one layer on both sides of an edge.
 *
 * @param status of {@code _Q}
 * @param changed its elements that changed, all where they cannot be compared
 * @param cast its elements that are not the parent's rounded to the child's dtype; empty unless the
 *     dtypes are two floats
 * @param rule its elements that are not {@code lut[_indices]} of the child; empty where that could
 *     not be checked
 * @param indicesMoved whether the indices changed, appeared or went
 * @param requantized indices of the child that its weight and scales do not give; empty where they
 *     were not recomputed
 * @param parent the parent's LUT, where it has a usable one
 * @param child the child's
 */
public record QEvidence(
    TensorStatus status,
    Residual changed,
    Optional<Residual> cast,
    Optional<Residual> rule,
    boolean indicesMoved,
    Optional<Residual> requantized,
    Optional<LayerLut> parent,
    Optional<LayerLut> child) {
  public QEvidence {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(changed, "changed");
    Objects.requireNonNull(cast, "cast");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(requantized, "requantized");
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
  }
}
