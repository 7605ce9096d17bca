package io.qtrace.lut;

import java.io.Serializable;

/**
 * What turns a layer's logits into its table: M, the table's largest value, and m, the least step
 * between neighbours of its positive half. Neither is stored in a checkpoint. The constructor
 * throws IllegalArgumentException where either is out of range.
 *
 * @param maxAbs M, finite, 0 or more
 * @param minDelta m, above 0
 */
public record LutParameters(double maxAbs, double minDelta) implements Serializable {
  private static final double LEAST_DELTA = 1e-4; // never 0 in float16
  private static final double LEAST_MAX_ABS = 1e-6;
  private static final int FLOAT16_MANTISSA_BITS = 10;

  public LutParameters {
    if (!(maxAbs >= 0 && maxAbs <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid LUT max abs: " + maxAbs + ", expected a finite number, 0 or more");
    }
    if (!(minDelta > 0 && minDelta <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid LUT min delta: " + minDelta + ", expected a finite number above 0");
    }
  }

  /** As training runs with {@code --lut-max-abs}: m is two steps of float16 below M. */
  public static LutParameters training(double maxAbs) {
    int exponent = ceilLog2(Math.max(maxAbs, LEAST_MAX_ABS));
    double step = Math.scalb(1.0, exponent - FLOAT16_MANTISSA_BITS);
    return new LutParameters(maxAbs, Math.max(2 * step, LEAST_DELTA));
  }

  /** As training runs whose {@code --lut-max-abs} is the largest value of the stored table. */
  public static LutParameters training(Lut stored) {
    return training(stored.maxAbs());
  }

  /** As the recipe's bake tool, which knows the stored table only: not what training used. */
  public static LutParameters bake(Lut stored) {
    return bake(stored.maxAbs());
  }

  /** The same, given the stored table's largest value. */
  static LutParameters bake(double stated) {
    double maxAbs = stated < 0.1 ? 2.0 : stated;
    return new LutParameters(maxAbs, Math.max(LEAST_DELTA, 0.001 * maxAbs));
  }

  /** What is left of M once each of n steps has its m; negative where M is too small. */
  double free(int n) {
    return maxAbs - n * minDelta;
  }

  private static int ceilLog2(double x) {
    int floor = Math.getExponent(x);
    return x > Math.scalb(1.0, floor) ? floor + 1 : floor;
  }
}
