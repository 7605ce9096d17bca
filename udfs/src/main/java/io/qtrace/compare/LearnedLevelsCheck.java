package io.qtrace.compare;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks a weight that was replaced by the nearest levels of a scale that training learned: (clamp(
 * round(weight / s + 1/2), least, most) - 1/2) s.
 *
 * @param target the weight after [out, in]
 * @param original the weight before [out, in]
 */
public record LearnedLevelsCheck(TensorEntry target, TensorEntry original, Levels levels)
    implements RowCheck {
  private static final float ZERO = 0.5f; // where level 0 lies
  private static final double ROUNDINGS = 4; // tolerance of a level, in ulp
  private static final float NEAR = 0x1p-18f; // a quotient half way between levels

  /**
   * The levels.
   *
   * @param scale distance between them
   * @param least number of the lowest
   * @param most number of the highest
   */
  public record Levels(float scale, int least, int most) implements Serializable {
    /**
     * The levels for a number of bits.
     *
     * @param factor the parameter that training learned, before softplus
     * @param largest magnitude of the weight
     * @param divisor of the largest magnitude
     */
    public static Levels of(float factor, double largest, int bits, double divisor) {
      double softplus = Math.max(factor, 0) + Math.log1p(Math.exp(-Math.abs(factor)));
      int most = 1 << (bits - 1);
      float scale = ((float) softplus + 1e-8f) * (float) largest / (float) divisor;
      return new Levels(scale, 1 - most, most);
    }
  }

  @Override
  public Stream<TensorEntry> tensors() {
    return Stream.of(target, original);
  }

  @Override
  public Optional<String> obstacle() {
    return RowCheck.isMatrixOf(target, original) ? Optional.empty() : RowCheck.unfit(tensors());
  }

  @Override
  public CheckResult run(LayerRows rows, long from, long to) throws IOException {
    DType dtype = target.dtype();
    CheckAccumulator found = new CheckAccumulator();
    try (LayerRows.Rows after = rows.rows(target, from, to);
        LayerRows.Rows before = rows.rows(original, from, to)) {
      for (long row = from; row < to; row++) {
        float[] stored = after.next();
        float[] weights = before.next();
        for (int i = 0; i < stored.length; i++) {
          float quotient = weights[i] / levels.scale() + ZERO;
          float slack = NEAR * (1 + Math.abs(quotient));
          double off = off(stored[i], value(quotient), dtype);
          double least =
              Math.min(
                  off(stored[i], value(quotient - slack), dtype),
                  off(stored[i], value(quotient + slack), dtype));
          if (off <= ROUNDINGS) {
            found.within(off);
          } else if (least <= ROUNDINGS) {
            found.neighbour(1);
          } else {
            found.other(row * stored.length + i, stored[i], value(quotient));
          }
        }
      }
    }
    return found.result();
  }

  private float value(float quotient) {
    double level = Math.max(levels.least(), Math.min(levels.most(), Math.rint(quotient)));
    return ((float) level - ZERO) * levels.scale();
  }

  private static double off(float stored, float expected, DType dtype) {
    return Math.abs((double) stored - expected) / Ulps.of(dtype, expected);
  }
}
