package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.Optional;

/** Checks whether a changed {@code _Q} is {@code lut[_indices]} of the child. */
final class Quantized {
  private Quantized() {}

  /** Elements that differ. */
  static UnexplainedElements unexplained(TensorComparison quantized, LayerNames layer, Step step) {
    if (quantized.status() != TensorStatus.CHANGED) {
      return quantized.changedElements();
    }
    Optional<UnexplainedElements> checked =
        step.invariants(layer).flatMap(LayerInvariants::unexplained);
    if (checked.isPresent()) {
      return checked.get();
    }
    return quantized.diff().isEmpty() && mayFollowRule(layer, step)
        ? UnexplainedElements.NONE
        : quantized.changedElements();
  }

  // Where no element was checked, as far as the facts show it: the LUT rises, so the smallest index
  // gives the smallest value.
  private static boolean mayFollowRule(LayerNames layer, Step step) {
    Optional<LayerLut> lut = step.after(layer);
    Optional<TensorFacts> indices = step.child().tensor(layer.indices());
    Optional<TensorFacts> quantized = step.child().tensor(layer.quantized());
    if (lut.isEmpty() || indices.isEmpty() || quantized.isEmpty()) {
      return true;
    }
    DType dtype = quantized.get().dtype();
    return isEntry(lut.get(), indices.get().stats().min(), quantized.get().stats().min(), dtype)
        && isEntry(lut.get(), indices.get().stats().max(), quantized.get().stats().max(), dtype);
  }

  private static boolean isEntry(LayerLut lut, double index, double value, DType dtype) {
    if (Double.isNaN(index)) { // not measured
      return true;
    }
    if (!lut.lut().hasIndex((long) index)) {
      return false;
    }
    double entry = lut.lut().value((int) index);
    double unit = dtype == DType.BFLOAT16 ? 0x1p-8 : 0; // LUT values are exact in float16
    return Math.abs(value - entry) <= unit * Math.abs(entry);
  }
}
