package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of the {@code _Q} of one layer on both sides of a step.
 *
 * @param status of {@code _Q}
 * @param changed its elements that changed, all where they cannot be compared
 * @param cast its elements that are not the parent's rounded to the child's dtype; empty unless the
 *     dtypes are two floats
 * @param rule its elements that are not {@code lut[_indices]} of the child; empty where that could
 *     not be checked
 * @param indicesMoved whether the indices changed, appeared or disappeared
 * @param requantized indices of the child that its weight and scales do not give; empty where they
 *     were not recomputed
 * @param parent the parent's LUT, where it has a usable one
 * @param child the child's
 */
public record QuantizedStep(
    TensorStatus status,
    UnexplainedElements changed,
    Optional<UnexplainedElements> cast,
    Optional<UnexplainedElements> rule,
    boolean indicesMoved,
    Optional<UnexplainedElements> requantized,
    Optional<LayerLut> parent,
    Optional<LayerLut> child) {
  public QuantizedStep {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(changed, "changed");
    Objects.requireNonNull(cast, "cast");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(requantized, "requantized");
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
  }

  /** Of one {@code _Q} of a step. */
  public static QuantizedStep of(TensorComparison quantized, LayerNames layer, Step step) {
    return new QuantizedStep(
        quantized.status(),
        quantized.changedElements(),
        quantized.misrounded().map(UnexplainedElements::of),
        step.invariants(layer).flatMap(LayerInvariants::unexplained),
        step.tensor(layer.indices()).filter(TensorComparison::isChanged).isPresent(),
        step.recomputed(layer).flatMap(Recomputed::unexplained),
        step.before(layer),
        step.after(layer));
  }

  /** Whether every element is {@code lut[_indices]} of the child. */
  boolean followsRule() {
    return rule.filter(UnexplainedElements::isNone).isPresent();
  }
}
