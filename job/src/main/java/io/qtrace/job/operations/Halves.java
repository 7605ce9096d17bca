package io.qtrace.job.operations;

import io.qtrace.compare.HalvedCheck;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Tensors that are the parent's rounded to float16, in their own dtype. */
final class Halves {
  private static final String KEY = "#halved";

  private Halves() {}

  /**
   * Elements of a changed tensor that are not the parent's rounded; none if only the extremes were
   * compared and fit.
   */
  static UnexplainedElements unexplained(TensorComparison changed, Step step) {
    if (changed.status() != TensorStatus.CHANGED || !isLikely(changed)) {
      return changed.changedElements();
    }
    return step.recomputed(changed.name() + KEY)
        .flatMap(Recomputed::unexplained)
        .orElse(UnexplainedElements.NONE);
  }

  /**
   * Whether the magnitudes of a layer were rounded to float16 together with its factor; true for
   * other tensors and types.
   */
  static boolean areWhole(TensorComparison rounded, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(rounded.name()));
    boolean factor = rounded.name().equals(layer.scaleA()) || rounded.name().equals(layer.scaleB());
    return !factor
        || rounded.right().orElseThrow().dtype() != DType.FLOAT16
        || step.tensor(layer.magnitude())
            .flatMap(TensorComparison::right)
            .filter(magnitude -> magnitude.dtype() == DType.FLOAT32)
            .isEmpty();
  }

  /** Adds the recomputation of a tensor if not all of its values are known. */
  static void add(Map<String, Recomputation> wanted, TensorComparison changed, Ends ends) {
    if (changed.status() == TensorStatus.CHANGED
        && isLikely(changed)
        && changed.right().orElseThrow().values().isEmpty()) {
      wanted.put(
          changed.name() + KEY,
          LayerRecomputation.of(
              ends,
              tensors ->
                  new HalvedCheck(tensors.child(changed.name()), tensors.parent(changed.name()))));
    }
  }

  /** Whether all numbers are exact in float16, as far as the extremes and the known values show. */
  static boolean isExact(TensorFacts tensor) {
    return Stream.concat(
            Stream.of(tensor.stats().min(), tensor.stats().max()), tensor.values().stream())
        .allMatch(value -> isHalf(value, value));
  }

  private static boolean isLikely(TensorComparison changed) {
    Optional<TensorFacts> left = changed.left();
    Optional<TensorFacts> right = changed.right();
    if (left.isEmpty() || right.isEmpty() || changed.isDtypeChanged() || !changed.isFloat()) {
      return false;
    }
    List<Double> before = left.get().values();
    List<Double> after = right.get().values();
    for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
      if (!isHalf(before.get(i), after.get(i))) {
        return false;
      }
    }
    return isHalf(left.get().stats().min(), right.get().stats().min())
        && isHalf(left.get().stats().max(), right.get().stats().max());
  }

  private static boolean isHalf(double exact, double half) {
    return Double.isNaN(exact)
        ? Double.isNaN(half)
        : Float16.value(Float16.bits((float) exact)) == half;
  }
}
