package io.qtrace.job.train.recipe;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import java.util.function.UnaryOperator;

/**
 * Operations that all parts of the model share. Constants are 0-dimensional arrays of the CPU,
 * which PyTorch combines with arrays of any device: a Java number would be copied to the GPU at
 * each use.
 *
 * <p>The materialized form takes the fewest operations. The factored form takes those of PyTorch in
 * their order: a unit in the last place decides which float16 a value is rounded to.
 */
final class TensorOps implements AutoCloseable {
  private static final float FLOAT16_MAX = 65504;
  private static final float BFLOAT16_SPLITTER = 65537; // 2^16 + 1: leaves 24 - 16 bits
  private static final double LARGEST_EXPONENT = 80; // the exponential and its gradient are finite
  private static final int[] KEYS = {2}; // their dimension in scores

  private final Forward forward;
  private final Precision precision;
  private final NDManager constants;
  private final NDArray largest;
  private final NDArray least;
  private final NDArray splitter;
  private final NDArray one;
  private final NDArray largestExponent;

  TensorOps(Engine engine, Forward forward, Precision precision) {
    this.forward = forward;
    this.precision = precision;
    constants = engine.newBaseManager(Device.cpu());
    largest = constant(FLOAT16_MAX);
    least = constant(-FLOAT16_MAX);
    splitter = constant(BFLOAT16_SPLITTER);
    one = constant(1);
    largestExponent = constant(LARGEST_EXPONENT);
  }

  /** A float32 scalar. As the first operand it would keep a result for itself: only in a scope. */
  NDArray constant(double value) {
    return constants.create((float) value);
  }

  /** {@code fp16(x)}: the nearest float16, within +-65504; the gradient passes unchanged. */
  NDArray half(NDArray x) {
    return straightThrough(
        x,
        plain ->
            plain
                .minimum(largest)
                .maximum(least)
                .toType(DataType.FLOAT16, false)
                .toType(DataType.FLOAT32, false));
  }

  /** An operand of a product: in mixed precision the nearest bfloat16, the gradient unchanged. */
  NDArray operand(NDArray x) {
    return switch (precision) {
      case FLOAT32 -> x;
      case MIXED ->
          straightThrough(
              x,
              plain -> {
                NDArray split = plain.mul(splitter);
                return split.subi(split.sub(plain)); // Veltkamp's splitting
              });
    };
  }

  // Only the result outlives this: what it is computed from would take several times its memory.
  private static NDArray straightThrough(NDArray x, UnaryOperator<NDArray> rounding) {
    NDArray result;
    try (NDScope scope = new NDScope()) {
      NDArray plain = x.stopGradient();
      result =
          x.add(rounding.apply(plain).subi(plain)); // exact, since the difference has fewer bits
      NDScope.unregister(result);
    }
    NDScope.register(result);
    return result;
  }

  /** An {@link #operand} that outlives the caller's scope, without what it is computed from. */
  NDArray frozenOperand(NDArray x) {
    try (NDScope scope = new NDScope()) {
      NDArray operand = operand(x);
      NDScope.unregister(operand);
      return operand;
    }
  }

  /**
   * {@code x W^T}.
   *
   * @param x [..., in]
   * @param w [out, in], an {@link #operand}
   */
  NDArray linear(NDArray x, NDArray w) {
    return Linear.linear(operand(x), w).singletonOrThrow();
  }

  /** Products of the matrices in two stacks [n, ...]. */
  NDArray batchMatMul(NDArray a, NDArray b) {
    return operand(a).batchMatMul(operand(b));
  }

  /** {@code x / sqrt(mean(x^2) + eps) * weight} over the last dimension. */
  NDArray rmsNorm(NDArray x, NDArray weight, NDArray eps) {
    int last = x.getShape().dimension() - 1;
    NDArray root = x.mul(x).mean(new int[] {last}, true).add(eps).sqrt();
    return x.mul(one.div(root)).mul(weight);
  }

  /** {@code x / (1 + exp(-x))}. */
  NDArray silu(NDArray x) {
    return switch (forward) {
      case FACTORED -> x.div(x.neg().minimum(largestExponent).exp().add(one));
      case MATERIALIZED -> x.mul(Activation.sigmoid(x));
    };
  }

  /**
   * The values that each query attends to, mixed: [n, queries, head].
   *
   * @param scores [n, queries, length]
   * @param values [n, length, head]
   */
  NDArray attention(NDArray scores, AttentionMask mask, NDArray values) {
    return switch (forward) {
      case FACTORED -> { // scaled_dot_product_attention divides last
        NDArray exponentials = mask.exponentials(scores);
        NDArray mixed = batchMatMul(mask.seen(exponentials), values);
        yield mixed.mul(one.div(exponentials.sum(KEYS, true)));
      }
      case MATERIALIZED -> batchMatMul(mask.weights(scores), values);
    };
  }

  @Override
  public void close() {
    constants.close();
  }
}
