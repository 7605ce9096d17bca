package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** Indices recomputed from weight and scales, {@code _Q} brought up to them. */
public final class Requantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("requantize");

  /** Why {@code _Q} changed: the indices moved to those of weight and scales. */
  public static final QCause REQUANTIZED = new QCause("REQUANTIZED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "indices recomputed from weight and scales, then a sync";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    Optional<LayerNames> quantized = LayerNames.ofQuantized(changed.name());
    if (quantized.isPresent()) {
      return Quantized.unexplained(changed, quantized.get(), step);
    }
    return LayerNames.ofIndices(changed.name())
        .filter(layer -> moves(layer, step) && !isStale(layer, step))
        .map(
            layer ->
                step.recomputed(layer)
                    .flatMap(Recomputed::unexplained)
                    .orElse(UnexplainedElements.NONE))
        .orElseGet(changed::changedElements);
  }

  private static boolean isStale(LayerNames layer, Step step) {
    return step.invariants(layer).filter(found -> found.isStale()).isPresent();
  }

  // Whether both _Q and the indices hold other numbers than the parent's.
  private static boolean moves(LayerNames layer, Step step) {
    return step.isChanged(layer.quantized()) && step.isChanged(layer.indices());
  }

  @Override
  public Map<String, Recomputation> recomputations(
      Step step, Function<String, Optional<TensorEntry>> child) {
    Map<String, Recomputation> recomputations = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (tensor.status() == TensorStatus.CHANGED) {
        LayerNames.ofQuantized(tensor.name())
            .filter(layer -> moves(layer, step))
            .ifPresent(
                layer -> recomputations.put(layer.layer(), IndicesRecomputation.of(layer, child)));
      }
    }
    return recomputations;
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    if (!layer.followsRule() || !layer.indicesMoved()) {
      return Optional.empty();
    }
    return layer
        .requantized()
        .filter(others -> !others.isNone())
        .map(QExplanation::unexplained)
        .or(() -> Optional.of(QExplanation.proved(REQUANTIZED)));
  }

  @Override
  public String conclusion(long changed, long all) {
    return "requantizing moved indices and refreshed %d of %d _Q buffers".formatted(changed, all);
  }
}
