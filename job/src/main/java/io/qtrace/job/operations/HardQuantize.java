package io.qtrace.job.operations;

import io.qtrace.compare.LearnedLevelsCheck;
import io.qtrace.compare.LearnedLevelsCheck.Levels;
import io.qtrace.compare.TensorStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.UniformLevelsCheck;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Weights that were trained with a quantizer replaced by its levels, which are symmetric about
 * zero. That every element is the nearest level is not recomputed.
 */
public final class HardQuantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("hard_quantize");

  private static final String KEY = "#leveled/";
  private static final String FACTOR = "._f_param";
  private static final String BITS = "._qat_nbits";
  private static final int MOST_BITS = 16;
  private static final double TOLERANCE = 0x1p-7; // tolerance of the largest level, in bfloat16

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
                && isSymmetric(changed.right());
    return explained
        ? changed.unexplained(step.best(changed.name() + KEY))
        : changed.changedElements();
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!isLeveled(step)) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames.ofWeight(tensor.name())
          .filter(layer -> tensor.status() == TensorStatus.CHANGED && !tensor.isRounded())
          .filter(layer -> isTrained(layer, step) && isSymmetric(tensor.right()))
          .ifPresent(layer -> add(wanted, layer, step, ends));
    }
    return wanted;
  }

  private static void add(
      Map<String, Recomputation> wanted, LayerNames layer, Step step, Ends ends) {
    Optional<Float> factor = number(layer.layer() + FACTOR, step);
    Optional<Float> bits =
        number(layer.layer() + BITS, step).filter(some -> some >= 2 && some <= MOST_BITS);
    if (factor.isEmpty() || bits.isEmpty()) {
      wanted.put(
          layer.weight() + KEY,
          LayerRecomputation.of(
              ends,
              tensors ->
                  new UniformLevelsCheck(
                      tensors.child(layer.weight()),
                      tensors.parent(layer.weight()),
                      tensors.parent(layer.scaleA()),
                      tensors.parent(layer.scaleB()),
                      tensors.parent(layer.lut()))));
      return;
    }
    TensorStats stats = step.parent().tensor(layer.weight()).orElseThrow().stats();
    double largest = Math.max(Math.abs(stats.min()), Math.abs(stats.max()));
    for (double divisor : divisors(bits.get().intValue())) {
      wanted.put(
          layer.weight() + KEY + divisor,
          LayerRecomputation.of(
              ends,
              tensors ->
                  new LearnedLevelsCheck(
                      tensors.child(layer.weight()),
                      tensors.parent(layer.weight()),
                      Levels.of(factor.get(), largest, bits.get().intValue(), divisor))));
    }
  }

  // Divisors of the largest magnitude, from which tools compute the initial level spacing.
  private static double[] divisors(int bits) {
    double half = Math.scalb(1.0, bits - 1);
    return new double[] {half, half - 0.5, half - 1};
  }

  private static Optional<Float> number(String name, Step step) {
    return step.parent()
        .tensor(name)
        .filter(tensor -> tensor.values().size() == 1)
        .map(tensor -> tensor.values().get(0).floatValue());
  }

  // For a layer with a quantizer and no _Q.
  private static boolean isTrained(LayerNames layer, Step step) {
    return step.parent().tensor(layer.quantized()).isEmpty()
        && (step.parent().tensor(layer.scaleA()).isPresent()
            || step.parent().tensor(layer.layer() + FACTOR).isPresent());
  }

  private static boolean isLeveled(Step step) {
    return step.differing().stream()
        .anyMatch(
            tensor ->
                tensor.status() == TensorStatus.CHANGED
                    && !tensor.isRounded()
                    && LayerNames.ofWeight(tensor.name()).isPresent()
                    && isLeveled(tensor));
  }

  // A weight without levels may happen to be symmetric, but not all of them.
  private static boolean isLeveled(TensorComparison weight) {
    return isSymmetric(weight.right()) && !isSymmetric(weight.left());
  }

  private static boolean isSymmetric(Optional<TensorFacts> weight) {
    TensorStats stats = weight.map(TensorFacts::stats).orElseThrow();
    return Math.abs(stats.min() + stats.max()) <= TOLERANCE * Math.abs(stats.max());
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  /** Applies if weights have only values of levels. */
  @Override
  public boolean applies(Step step) {
    return isLeveled(step);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "hard quantization does not touch _Q, yet %d of %d _Q buffers changed"
        .formatted(changed, all);
  }
}
