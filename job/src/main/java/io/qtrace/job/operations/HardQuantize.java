package io.qtrace.job.operations;

import io.qtrace.compare.TensorStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;

/**
 * Weights that trained with a quantizer replaced by its levels, which lie about zero alike. That
 * every element is the nearest level is not recomputed.
 */
public final class HardQuantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("hard_quantize");

  private static final double TOLERANCE = 0x1p-7; // of the largest level, in bfloat16

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "weights replaced by a few levels each";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    boolean explained =
        changed.isRounded()
            ? step.lutLayers().isEmpty() || isLeveled(step)
            : changed.name().equals(layer.weight())
                && changed.status() == TensorStatus.CHANGED
                && isTrained(layer, step)
                && isLeveled(changed);
    return explained ? UnexplainedElements.NONE : changed.changedElements();
  }

  // Of a layer that has a quantizer, and no _Q.
  private static boolean isTrained(LayerNames layer, Step step) {
    return step.parent().tensor(layer.quantized()).isEmpty()
        && (step.parent().tensor(layer.scaleA()).isPresent()
            || step.parent().tensor(layer.layer() + "._f_param").isPresent());
  }

  private static boolean isLeveled(Step step) {
    return step.pair().byName().values().stream()
        .anyMatch(
            tensor ->
                tensor.status() == TensorStatus.CHANGED
                    && !tensor.isRounded()
                    && LayerNames.ofWeight(tensor.name()).isPresent()
                    && isLeveled(tensor));
  }

  private static boolean isLeveled(TensorComparison weight) {
    TensorStats before = weight.left().map(TensorFacts::stats).orElseThrow();
    TensorStats after = weight.right().map(TensorFacts::stats).orElseThrow();
    return isSymmetric(after) && !isSymmetric(before);
  }

  private static boolean isSymmetric(TensorStats stats) {
    return Math.abs(stats.min() + stats.max()) <= TOLERANCE * Math.abs(stats.max());
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  /** Weights lie on levels. */
  @Override
  public boolean applies(Step step) {
    return isLeveled(step);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "hard quantization has no _Q, yet %d of %d _Q buffers changed".formatted(changed, all);
  }
}
