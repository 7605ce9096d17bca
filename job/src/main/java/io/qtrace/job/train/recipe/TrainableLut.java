package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.qtrace.lut.LutParameters;

/**
 * The LUTs of some layers, computed from their deltas, and {@code Q = lut[indices]}. The lookup is
 * a gather along rows, each with a view of the table for itself: so the backward pass adds into as
 * many tables as there are rows. All into one, as PyTorch's {@code lut[indices]} does it, takes 50
 * times as long on a GPU.
 */
final class TrainableLut {
  private static final int ROW = 128; // indices that share a row; the fastest of 1 to 3072 measured

  private final TensorOps arithmetic;
  private final Parameter deltas; // [layers, n / 2]
  private final NDArray indices; // [layers, rows, row] uint8
  private final Shape weight; // [layers, out, in]
  private final NDArray minDelta;
  private final NDArray free;

  /**
   * @param deltas [layers, n / 2]
   * @param indices [layers, out, in] uint8, below n
   */
  TrainableLut(TensorOps arithmetic, Parameter deltas, NDArray indices, double maxAbs) {
    this.arithmetic = arithmetic;
    this.deltas = deltas;
    this.weight = indices.getShape();
    long elements = weight.get(1) * weight.get(2);
    long row = elements % ROW == 0 ? ROW : weight.get(2);
    this.indices = indices.reshape(weight.get(0), elements / row, row);
    LutParameters parameters = LutParameters.training(maxAbs);
    long half = deltas.value().getShape().get(1);
    minDelta = arithmetic.constant(parameters.minDelta());
    free = arithmetic.constant(maxAbs - half * parameters.minDelta());
  }

  Parameter deltas() {
    return deltas;
  }

  /** [layers, n]: rises strictly, symmetric, every value exact in float16. */
  NDArray tables() {
    NDArray positive = deltas.value().softmax(1).mul(free).add(minDelta).cumSum(1);
    return arithmetic.half(positive.flip(1).neg().concat(positive, 1));
  }

  /** Q [layers, out, in]. */
  NDArray quantized() {
    NDArray tables = tables();
    long layers = indices.getShape().get(0);
    long size = tables.getShape().get(1);
    return tables
        .reshape(layers, 1, size)
        .broadcast(new Shape(layers, indices.getShape().get(1), size))
        .gather(indices.toType(DataType.INT64, false), 2)
        .reshape(weight);
  }
}
