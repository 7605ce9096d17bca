package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.List;

/** AdamW with decoupled weight decay over one group of parameters, as PyTorch computes it. */
final class AdamW {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;
  private static final double EPSILON = 1e-8;

  private final TensorOps arithmetic;
  private final List<Parameter> parameters;
  private final double weightDecay;
  private final NDArray decaySecond;
  private final NDArray newFirst;
  private final NDArray newSecond;
  private final NDArray epsilon;

  AdamW(TensorOps arithmetic, List<Parameter> parameters, double weightDecay) {
    this.arithmetic = arithmetic;
    this.parameters = parameters;
    this.weightDecay = weightDecay;
    decaySecond = arithmetic.constant(BETA_2);
    newFirst = arithmetic.constant(1 - BETA_1);
    newSecond = arithmetic.constant(1 - BETA_2);
    epsilon = arithmetic.constant(EPSILON);
  }

  List<Parameter> parameters() {
    return parameters;
  }

  /** Sum of all squares, a scalar on the parameters' device. */
  static NDArray squares(List<NDArray> gradients) {
    NDList sums = new NDList();
    gradients.forEach(gradient -> sums.add(gradient.mul(gradient).sum()));
    return NDArrays.stack(sums).sum();
  }

  /**
   * Changes the parameters.
   *
   * @param step counted from 1
   * @param gradients of each parameter
   * @param factor scalar on the parameters' device, of all gradients
   */
  void step(int step, List<NDArray> gradients, NDArray factor, double rate) {
    double correction = Math.sqrt(1 - Math.pow(BETA_2, step));
    NDArray kept = arithmetic.constant(1 - rate * weightDecay);
    NDArray root = arithmetic.constant(correction);
    NDArray size = arithmetic.constant(-rate / (1 - Math.pow(BETA_1, step)));
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      NDArray gradient = gradients.get(i).mul(factor);
      NDArray first = parameter.firstMoment();
      NDArray second = parameter.secondMoment();
      first.addi(gradient.sub(first).muli(newFirst));
      second.muli(decaySecond).addi(gradient.mul(newSecond).muli(gradient));
      NDArray denominator = second.sqrt().divi(root).addi(epsilon);
      parameter.value().muli(kept).addi(first.mul(size).divi(denominator));
    }
  }
}
