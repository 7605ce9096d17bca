package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything known about the {@code _Q} of one layer on both sides of a step.
 *
 * @param status of {@code _Q}
 * @param changed its elements that changed; all of them if they cannot be compared
 * @param cast its elements that are not the parent's rounded to the child's dtype; empty unless the
 *     dtypes are two floats
 * @param rule its elements that are not {@code lut[_indices]} of the child; empty if that could not
 *     be checked
 * @param indicesMoved whether the indices changed, appeared or disappeared
 * @param nearest indices of the child, or elements of its {@code _Q} where it has none, as an
 *     operation quantizes, by the operation's name; none where they were not recomputed
 * @param trained its elements that the LUT in training does not give at the indices; empty where
 *     that was not recomputed
 * @param isOfOther whether another parent has the very same
 * @param averaged its elements as the average of the parents'; empty where they were not recomputed
 * @param parent the parent's LUT, where it has a usable one
 * @param child the child's
 */
public record QuantizedStep(
    TensorStatus status,
    UnexplainedElements changed,
    Optional<UnexplainedElements> cast,
    Optional<UnexplainedElements> rule,
    boolean indicesMoved,
    Map<EdgeKind, Recomputed> nearest,
    Optional<UnexplainedElements> trained,
    boolean isOfOther,
    Optional<Recomputed> averaged,
    Optional<LayerLut> parent,
    Optional<LayerLut> child) {
  public QuantizedStep {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(changed, "changed");
    Objects.requireNonNull(cast, "cast");
    Objects.requireNonNull(rule, "rule");
    nearest = Map.copyOf(nearest);
    Objects.requireNonNull(trained, "trained");
    Objects.requireNonNull(averaged, "averaged");
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
  }

  /** The step of one {@code _Q}. */
  public static QuantizedStep of(TensorComparison quantized, LayerNames layer, Step step) {
    return new QuantizedStep(
        quantized.status(),
        quantized.changedElements(),
        quantized.misrounded().map(UnexplainedElements::of),
        step.invariants(layer).flatMap(LayerInvariants::unexplained),
        step.tensor(layer.indices()).filter(TensorComparison::isChanged).isPresent(),
        nearest(layer, step),
        Sync.trained(layer, step),
        Graft.isOfOther(quantized, step) || MergeLora.isOfModel(quantized, step),
        Average.averaged(quantized, step),
        step.before(layer),
        step.after(layer));
  }

  private static Map<EdgeKind, Recomputed> nearest(LayerNames layer, Step step) {
    Map<EdgeKind, Recomputed> nearest = new HashMap<>();
    for (EdgeKind kind : Nearest.KINDS) {
      Nearest.of(step, layer, kind).ifPresent(found -> nearest.put(kind, found));
    }
    return nearest;
  }

  /**
   * Explains a {@code _Q} whose indices an operation recomputes: proved if all are reproduced,
   * unproved if they could not be recomputed.
   */
  Optional<QExplanation> requantized(EdgeKind kind, QCause cause) {
    Optional<Recomputed> found = Optional.ofNullable(nearest.get(kind));
    Optional<UnexplainedElements> others = found.flatMap(Recomputed::unexplained);
    if (rule.isPresent() ? !followsRule() || !indicesMoved : others.isEmpty()) {
      return Optional.empty();
    }
    boolean tried = found.isPresent() || (nearest.isEmpty() && kind.equals(Requantize.KIND));
    return others.isEmpty()
        ? Optional.of(QExplanation.unproved(cause)).filter(unproved -> tried)
        : found.flatMap(recomputed -> QExplanation.of(cause, recomputed));
  }

  /**
   * The unexplained elements: those that break the rule, else those that the nearest explanation
   * leaves.
   */
  public UnexplainedElements residual() {
    return averaged
        .flatMap(Recomputed::unexplained)
        .or(() -> rule)
        .filter(broken -> !broken.isNone())
        .or(
            () ->
                nearest.values().stream()
                    .flatMap(found -> found.unexplained().stream())
                    .filter(others -> !others.isNone())
                    .min(Comparator.comparing(UnexplainedElements::elements)))
        .orElse(changed);
  }

  /** Whether every element is {@code lut[_indices]} of the child. */
  boolean followsRule() {
    return rule.filter(UnexplainedElements::isNone).isPresent();
  }
}
