package io.qtrace.job.judge;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Nearest;
import io.qtrace.job.operations.Operation;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation;
import io.qtrace.job.operations.QuantizedStep;
import io.qtrace.job.operations.Step;
import io.qtrace.lut.LayerNames;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One {@code _Q} on an edge, identical ones too, and why it changed.
 *
 * @param layer name of the module
 * @param indices the layer's {@code _indices}; empty where neither side has them
 * @param recomputed whether changed indices follow from weight and scales; empty if none changed
 * @param child invariants of the child's layer; empty if it has no {@code _Q}
 */
public record QChange(
    String layer,
    TensorComparison quantized,
    Optional<TensorComparison> indices,
    QExplanation explanation,
    Optional<Recomputed> recomputed,
    Optional<LayerInvariants> child)
    implements Serializable {
  public QChange {
    Objects.requireNonNull(layer, "layer");
    Objects.requireNonNull(quantized, "quantized");
    Objects.requireNonNull(indices, "indices");
    Objects.requireNonNull(explanation, "explanation");
    Objects.requireNonNull(recomputed, "recomputed");
    Objects.requireNonNull(child, "child");
  }

  /** All {@code _Q} of a step, in the pair's order. */
  static List<QChange> of(Step step, Operations operations, Optional<Operation> operation) {
    return step.pair().byName().values().stream()
        .flatMap(
            tensor ->
                LayerNames.ofQuantized(tensor.name())
                    .map(layer -> of(tensor, layer, step, operations, operation))
                    .stream())
        .toList();
  }

  private static QChange of(
      TensorComparison quantized,
      LayerNames layer,
      Step step,
      Operations operations,
      Optional<Operation> operation) {
    boolean dropped =
        quantized.status() == TensorStatus.REMOVED
            && operation.filter(known -> known.unexplained(quantized, step).isNone()).isPresent();
    return new QChange(
        layer.layer(),
        quantized,
        step.tensor(layer.indices()),
        dropped
            ? QExplanation.unproved(QCause.DROPPED)
            : explain(QuantizedStep.of(quantized, layer, step), operations),
        Nearest.of(step, layer),
        step.invariants(layer));
  }

  /** A cause counts only if it reproduces every element. */
  static QExplanation explain(QuantizedStep layer, Operations operations) {
    if (layer.status() == TensorStatus.IDENTICAL) {
      return QExplanation.IDENTICAL;
    }
    return operations.all().stream()
        .flatMap(operation -> operation.explain(layer).stream())
        .min(Comparator.comparing(QExplanation::proof)) // the first of equals
        .orElseGet(() -> QExplanation.unexplained(layer.residual()));
  }

  /**
   * Whether the indices changed while {@code _Q} did not; removed indices do not count as changed.
   */
  boolean isIndicesAlone() {
    return !quantized.isChanged()
        && indices
            .filter(TensorComparison::isChanged)
            .filter(tensor -> tensor.status() != TensorStatus.REMOVED)
            .isPresent();
  }

  /** Number of indices that changed; empty if they cannot be compared. */
  public Optional<Long> indicesChanged() {
    return indices.flatMap(TensorComparison::compared).map(DiffStats::changedElements);
  }
}
