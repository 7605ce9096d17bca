package io.qtrace.job.operations;

import io.qtrace.compare.QuantizedLayer.Factors;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.TensorEntry;
import java.util.Optional;

/** Looks up the tensors that a recomputation needs. */
record LayerTensors(Ends ends) {
  /** Thrown if a tensor that a recomputation needs is missing. */
  static final class Missing extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Missing(String name) {
      super(name);
    }
  }

  /**
   * The parent's tensor.
   *
   * @throws Missing if it has none
   */
  TensorEntry parent(String name) {
    return found(name, ends.parent(name));
  }

  /** The child's tensor. */
  TensorEntry child(String name) {
    return found(name, ends.child(name));
  }

  /** The tensor of a member of an average, or of the moving average in it. */
  TensorEntry member(int number, boolean shadow, String name) {
    return found(name, ends.member(number, shadow, name));
  }

  private static TensorEntry found(String name, Optional<TensorEntry> entry) {
    return entry.orElseThrow(() -> new Missing(name));
  }

  /** The child's scales of a layer. */
  Factors childFactors(LayerNames layer, Scales.Form form) {
    return new Factors(
        child(layer.scaleA()),
        child(layer.scaleB()),
        child(layer.magnitude()),
        ends.child(layer.bakedFlag()),
        form);
  }

  /** The parent's scales of a layer. */
  Factors parentFactors(LayerNames layer, Scales.Form form) {
    return new Factors(
        parent(layer.scaleA()),
        parent(layer.scaleB()),
        parent(layer.magnitude()),
        ends.parent(layer.bakedFlag()),
        form);
  }

  /** A member's scales of a layer. */
  Factors memberFactors(int number, LayerNames layer, Scales.Form form) {
    return new Factors(
        member(number, false, layer.scaleA()),
        member(number, false, layer.scaleB()),
        member(number, false, layer.magnitude()),
        ends.member(number, false, layer.bakedFlag()),
        form);
  }
}
