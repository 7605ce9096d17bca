package io.qtrace.job.operations;

import io.qtrace.compare.TensorStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.kernel.Rounding;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A quantized model turned into a float model: weights are {@code _Q} times the scales, the
 * quantization is dropped.
 */
public final class Dequantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("dequantize");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "weights replaced by _Q times the scales, the quantization dropped";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (changed.isRounded() && !isDequantized(layer, step)) {
      return UnexplainedElements.NONE;
    }
    if (!isDequantized(layer, step)) {
      return changed.changedElements();
    }
    if (changed.status() == TensorStatus.REMOVED) {
      return UnexplainedElements.NONE;
    }
    return changed.name().equals(layer.weight()) && changed.isComparable()
        ? Products.unexplained(step, layer.weight(), KIND).orElse(UnexplainedElements.NONE)
        : changed.changedElements();
  }

  // A low-precision weight may look like the parent's, rounded.
  private static boolean isDequantized(LayerNames layer, Step step) {
    return step.parent().tensor(layer.quantized()).isPresent()
        && step.parent().tensor(layer.scaleA()).isPresent()
        && step.isChanged(layer.weight())
        && step.child().tensor(layer.quantized()).isEmpty()
        && step.child().tensor(layer.scaleA()).isEmpty();
  }

  // Rounding keeps order, so the smallest value stays so, and the largest.
  private static boolean hasRoundedExtremes(TensorComparison weight) {
    TensorStats before = weight.left().orElseThrow().stats();
    TensorFacts after = weight.right().orElseThrow();
    return Rounding.of(after.dtype(), before.min()) == after.stats().min()
        && Rounding.of(after.dtype(), before.max()) == after.stats().max();
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!applies(step)) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor.name()));
      if (tensor.name().equals(layer.weight()) && isDequantized(layer, step)) {
        Products.add(wanted, layer, layer.weight(), KIND, ends);
      }
    }
    return wanted;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** Applies if a layer lost its quantization, and its weight changed by more than rounding. */
  @Override
  public boolean applies(Step step) {
    return step.differing().stream()
        .filter(tensor -> tensor.status() == TensorStatus.CHANGED)
        .filter(tensor -> !tensor.isRounded() || !hasRoundedExtremes(tensor))
        .flatMap(tensor -> LayerNames.ofWeight(tensor.name()).stream())
        .anyMatch(layer -> isDequantized(layer, step));
  }

  @Override
  public long rounded(Step step) {
    return Products.rounded(step, weights(step), KIND).elements();
  }

  @Override
  public long requantized(Step step) {
    return Products.requantized(step, weights(step), KIND);
  }

  @Override
  public List<String> notes(Step step) {
    return Products.notes(Products.rounded(step, weights(step), KIND));
  }

  private static Stream<String> weights(Step step) {
    return step.pair().byName().keySet().stream()
        .flatMap(name -> LayerNames.ofWeight(name).stream())
        .filter(layer -> isDequantized(layer, step))
        .map(LayerNames::weight);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the export drops _Q, yet %d of %d _Q buffers changed".formatted(changed, all);
  }
}
