package io.qtrace.kernel;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;

/**
 * Numbers in another dtype, as PyTorch casts: to nearest, ties to even, halves by way of float32.
 */
public final class Rounding {
  private Rounding() {}

  /** x as the dtype holds it; 8-bit floats and what is not a float are not rounded to: x itself. */
  public static double of(DType dtype, double x) {
    return switch (dtype) {
      case FLOAT32 -> (float) x;
      case FLOAT16 -> Float16.value(Float16.bits((float) x));
      case BFLOAT16 -> Bfloat16.round((float) x);
      default -> x;
    };
  }

  /** Whether two numbers are the same: NaN is NaN, -0 is 0. */
  static boolean same(double a, double b) {
    return a == b || (Double.isNaN(a) && Double.isNaN(b));
  }
}
