package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/** What a quantized layer multiplies with, and how: the two {@link Forward} forms. */
sealed interface QuantizedLinear {
  static QuantizedLinear of(Forward forward, TensorOps arithmetic) {
    return switch (forward) {
      case FACTORED -> new Factored(arithmetic, arithmetic.constant(1e-6));
      case MATERIALIZED -> new Materialized(arithmetic, arithmetic.constant(1e-6));
    };
  }

  /**
   * The arrays that the layers multiply with, each [layers, ...].
   *
   * @param q {@code Q} [layers, out, in]
   * @param scales of the same layers
   */
  List<NDArray> operands(NDArray q, StackedScales scales);

  /** Which of the operands depend on the LUT and which on the scales. */
  List<Boolean> train(boolean lut, boolean scales);

  /** Whether a layer is one product with one operand, [out, in]. */
  boolean isOneProduct();

  /** One layer, of its part of each operand. */
  LinearLayer layer(List<NDArray> operands);

  /** {@code y = x W^T}, {@code W = Q * ((A_dir diag g) B_dir)}. */
  record Materialized(TensorOps arithmetic, NDArray epsilon) implements QuantizedLinear {
    @Override
    public List<NDArray> operands(NDArray q, StackedScales scales) {
      NDArray left = scales.leftDirections().mul(scales.magnitudes().add(epsilon));
      return List.of(arithmetic.operand(q.mul(left.matMul(scales.rightDirections()))));
    }

    @Override
    public List<Boolean> train(boolean lut, boolean scales) {
      return List.of(lut || scales);
    }

    @Override
    public boolean isOneProduct() {
      return true;
    }

    @Override
    public LinearLayer layer(List<NDArray> operands) {
      return x -> arithmetic.linear(x, operands.get(0));
    }
  }

  /** {@code y = sum_k a_k * (Q (b_k * x))}, every value on the way rounded to float16. */
  record Factored(TensorOps arithmetic, NDArray epsilon) implements QuantizedLinear {
    private static final int SUMMED_AT_ONCE = 16; // ranks, from which the device sums in one go
    private static final int[] RANKS = {1}; // their dimension

    @Override
    public List<NDArray> operands(NDArray q, StackedScales scales) {
      NDArray magnitudes = arithmetic.half(scales.magnitudes().add(epsilon));
      NDArray left = arithmetic.half(scales.leftDirections().mul(magnitudes)); // [layers, out, r]
      NDArray right = arithmetic.half(scales.rightDirections()); // [layers, r, in]
      return List.of(arithmetic.operand(arithmetic.half(q)), left, right);
    }

    @Override
    public List<Boolean> train(boolean lut, boolean scales) {
      return List.of(lut, scales, scales);
    }

    @Override
    public boolean isOneProduct() {
      return false;
    }

    @Override
    public LinearLayer layer(List<NDArray> operands) {
      return x -> apply(x, operands.get(0), operands.get(1), operands.get(2));
    }

    private NDArray apply(NDArray x, NDArray q, NDArray left, NDArray right) {
      int ranks = Math.toIntExact(right.getShape().get(0));
      if (ranks >= SUMMED_AT_ONCE) {
        return arithmetic.half(weighted(x.expandDims(1), q, left.transpose(), right).sum(RANKS));
      }
      NDList lefts = left.transpose().split(ranks, 0);
      NDList rights = right.split(ranks, 0);
      NDArray sum = null;
      for (int k = 0; k < ranks; k++) {
        NDArray rank = weighted(x, q, lefts.get(k), rights.get(k));
        sum = arithmetic.half(sum == null ? rank : sum.add(rank));
      }
      return sum;
    }

    // [tokens, in] and ranks [r, ...] to [tokens, r, out]; without the dimension r for one rank
    private NDArray weighted(NDArray x, NDArray q, NDArray left, NDArray right) {
      NDArray scaled = arithmetic.half(x.mul(right));
      return arithmetic.half(arithmetic.linear(scaled, q)).mul(left);
    }
  }
}
