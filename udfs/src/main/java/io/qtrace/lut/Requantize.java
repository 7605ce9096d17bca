package io.qtrace.lut;

import java.util.Objects;

/**
 * Indices recomputed from a layer's float weight ("tighten", and how a layer is first quantized):
 * the entry nearest to weight / scale.
 *
 * @param scales the layer's scales [out, in]
 * @param lut the layer's table
 * @param unit how far the type rounds that it was computed in, relative
 * @param weightUnit how far the weight may be from what was quantized, relative
 */
public record Requantize(Scales scales, Lut lut, float unit, float weightUnit) {
  private static final float FLOAT32 = 0x1p-24f;
  private static final float FLOAT16 = 0x1p-11f;
  private static final float BFLOAT16 = 0x1p-8f;
  private static final float UNCERTAINTY = 16; // relative error of a quotient, in units
  private static final float LEAST_SCALE = 1e-4f;

  public Requantize {
    Objects.requireNonNull(scales, "scales");
    Objects.requireNonNull(lut, "lut");
  }

  /** Recomputed in float32. */
  public Requantize(Scales scales, Lut lut) {
    this(scales, lut, FLOAT32, 0);
  }

  /** As a tool recomputes that works in float16. */
  public static Requantize inFloat16(Scales scales, Lut lut) {
    return new Requantize(scales, lut, FLOAT16, 0);
  }

  /** Recomputed in float32 from a weight that may have been rounded to bfloat16 since. */
  public static Requantize ofBfloat16(Scales scales, Lut lut) {
    return new Requantize(scales, lut, FLOAT32, BFLOAT16);
  }

  /**
   * One row of weight / scale.
   *
   * @param row 0 to out - 1
   * @param weights the row of the weight [in]
   * @throws IllegalArgumentException if weights has another length than a row of the scales
   */
  public Row row(int row, float[] weights) {
    if (weights.length != scales.in()) {
      throw new IllegalArgumentException(
          "Invalid row of weights: " + weights.length + " values, expected " + scales.in());
    }
    float[] uncertainty = scales.uncertainty(row);
    for (int i = 0; i < uncertainty.length && unit != FLOAT32; i++) {
      uncertainty[i] *= unit / FLOAT32;
    }
    return new Row(lut, weights, scales.row(row), uncertainty, unit, weightUnit);
  }

  /** The quotients of one row, and the indices that follow. */
  public static final class Row {
    private final Lut lut;
    private final float[] weights;
    private final float[] scales;
    private final float[] uncertainty; // bounds of the scales
    private final float unit;
    private final float spread; // relative error of a quotient

    private Row(
        Lut lut,
        float[] weights,
        float[] scales,
        float[] uncertainty,
        float unit,
        float weightUnit) {
      this.lut = lut;
      this.weights = weights;
      this.scales = scales;
      this.uncertainty = uncertainty;
      this.unit = unit;
      this.spread = UNCERTAINTY * unit + weightUnit;
    }

    /**
     * The index that PyTorch gives on the CPU.
     *
     * @param i column
     */
    public int index(int i) {
      return lut.nearest(weights[i] / scales[i]);
    }

    /**
     * Whether an index is the one recomputed, or one that PyTorch may give with its sums in another
     * order, as on a GPU, or from a weight that was not rounded yet: the quotient lies so near the
     * middle between entries that rounding decides, or the scale so near zero that rounding decides
     * its sign.
     *
     * @param i column
     */
    public boolean allows(int i, long index) {
      if (!lut.hasIndex(index) || gives(i, index)) {
        return lut.hasIndex(index);
      }
      float value = lut.value((int) index);
      float least = scales[i] - uncertainty[i];
      float most = scales[i] + uncertainty[i];
      if (least <= 0 && most >= 0 && least < most) {
        return true;
      }
      float one = weights[i] / least;
      float other = weights[i] / most;
      float low = lut.value(lut.nearest(below(Math.min(one, other))));
      float high = lut.value(lut.nearest(above(Math.max(one, other))));
      return low <= value && value <= high;
    }

    /**
     * The entry nearest to a value, where PyTorch may give it; else the one that it gives on the
     * CPU.
     *
     * @param i column
     */
    public float nearest(int i, float value) {
      int index = lut.nearest(value);
      return lut.value(allows(i, index) ? index : index(i));
    }

    /**
     * Whether an index has the value of the one recomputed, or of the one that tools give which
     * divide by no less than 1e-4: with the sign of the scale, or without.
     *
     * @param i column
     */
    public boolean gives(int i, long index) {
      if (!lut.hasIndex(index)) {
        return false;
      }
      float value = lut.value((int) index);
      return value == lut.value(index(i))
          || (Math.abs(scales[i]) < LEAST_SCALE
              && (value == entry(weights[i] / Math.copySign(LEAST_SCALE, scales[i]))
                  || value == entry(weights[i] / LEAST_SCALE)));
    }

    private float entry(float quotient) {
      return lut.value(lut.nearest(quotient));
    }

    /**
     * How far the quotient is from the middle between the entries of an index and of the one
     * recomputed, in units in the last place of float32 at that middle, or of float16 where that is
     * what was computed in; 0 where rounding decides the sign of the scale.
     *
     * @param i column
     */
    public double distance(int i, long index) {
      double middle = ((double) lut.value((int) index) + lut.value(index(i))) / 2;
      if (Math.abs(scales[i]) <= uncertainty[i]) {
        return 0;
      }
      double quotient = (double) weights[i] / scales[i];
      return Math.abs(quotient - middle) / (2 * unit * Math.abs(magnitude(middle)));
    }

    // The largest power of two that is not above.
    private static double magnitude(double number) {
      return Math.scalb(1.0, Math.getExponent(number));
    }

    private float below(float number) {
      return number * (number > 0 ? 1 - spread : 1 + spread);
    }

    private float above(float number) {
      return number * (number > 0 ? 1 + spread : 1 - spread);
    }
  }
}
