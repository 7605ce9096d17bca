package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
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
    LayerForm form,
    StackedScales scales,
    Optional<NDArray> fixed,
    Optional<TrainableLut> lut) {

  /** What the layers multiply with, each [layers, ...]. */
  List<NDArray> operands() {
    NDArray q = lut.map(TrainableLut::quantized).orElseGet(fixed::orElseThrow);
    return form.operands(q, scales);
  }

  /**
   * Leaves of a forward pass: each layer's part of the operands, with a gradient where training
   * needs it.
   *
   * @return for each operand, for each layer
   */
  List<List<NDArray>> leaves(List<NDArray> operands) {
    List<Boolean> trains = trains();
    List<List<NDArray>> leaves = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      List<NDArray> ofLayers = new ArrayList<>();
      for (NDArray part : operands.get(i).split(blocks.size(), 0)) {
        NDArray leaf = part.squeeze(0).stopGradient();
        if (trains.get(i)) {
          leaf.setRequiresGradient(true);
        }
        ofLayers.add(leaf);
      }
      leaves.add(ofLayers);
    }
    return leaves;
  }

  /** Layer {@code i} of the group. */
  LinearLayer layer(List<List<NDArray>> leaves, int i) {
    return form.layer(leaves.stream().map(ofLayers -> ofLayers.get(i)).toList());
  }

  /** From the leaves' gradients to the parameters': adds to them. */
  void backward(List<List<NDArray>> leaves) {
    List<Boolean> trains = trains();
    if (!trains.contains(true)) {
      return;
    }
    try (NDScope scope = new NDScope();
        Autograd autograd = Autograd.recording()) {
      List<NDArray> operands = operands();
      for (int i = 0; i < operands.size(); i++) {
        if (trains.get(i)) {
          NDList gradients = new NDList();
          leaves.get(i).forEach(leaf -> gradients.add(leaf.getGradient()));
          Autograd.backward(operands.get(i), NDArrays.stack(gradients));
        }
      }
    }
  }

  private List<Boolean> trains() {
    return form.train(lut.isPresent(), scales.a().trains());
  }
}
