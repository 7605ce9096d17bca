package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Quantized layers of one projection and one size, stacked, so that what a step computes from their
 * parameters takes a few large operations instead of many small ones.
 *
 * @param blocks of each layer
 * @param fixed {@code _Q} [layers, out, in] where the LUT does not train
 * @param lut where it does
 */
record LayerGroup(
    Projection projection,
    List<Integer> blocks,
    QuantizedLinear form,
    StackedScales scales,
    Optional<NDArray> fixed,
    Optional<TrainableLut> lut) {

  /** What the layers multiply with, each [layers, ...]. */
  List<NDArray> operands() {
    NDArray q = lut.map(TrainableLut::quantized).orElseGet(fixed::orElseThrow);
    return form.operands(q, scales);
  }

  /** Which of the operands have a gradient. */
  List<Boolean> trains() {
    return form.train(lut.isPresent(), scales.a().trains());
  }

  /** Outputs of a layer. */
  long rows() {
    return scales.a().value().getShape().get(1);
  }

  /**
   * From the operands' gradients to the parameters': adds to them.
   *
   * @param gradients of the operands that have one, in their order
   */
  void backward(List<NDArray> gradients) {
    try (NDScope scope = new NDScope();
        Autograd autograd = Autograd.recording()) {
      List<NDArray> operands = operands();
      List<Boolean> trains = trains();
      Iterator<NDArray> gradient = gradients.iterator();
      for (int i = 0; i < operands.size(); i++) {
        if (trains.get(i)) {
          Autograd.backward(operands.get(i), gradient.next());
        }
      }
    }
  }
}
