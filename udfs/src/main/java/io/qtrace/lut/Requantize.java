package io.qtrace.lut;

import java.util.Objects;

/**
 * Indices recomputed from a layer's float weight ("tighten", and how a layer is first quantized):
 * the entry nearest to weight / scale.
 *
 * @param scales the layer's scales [out, in]
 * @param lut the layer's table
 * @param unit how far the type rounds that it was computed in, relative
 */
public record Requantize(Scales scales, Lut lut, float unit) {
  private static final float FLOAT32 = 0x1p-24f;
  private static final float FLOAT16 = 0x1p-11f;
  private static final float UNCERTAINTY = 16; // of a quotient, relative, in units

  public Requantize {
    Objects.requireNonNull(scales, "scales");
    Objects.requireNonNull(lut, "lut");
  }

  /** Recomputed in float32. */
  public Requantize(Scales scales, Lut lut) {
    this(scales, lut, FLOAT32);
  }

  /** As a tool recomputes that works in float16. */
  public static Requantize inFloat16(Scales scales, Lut lut) {
    return new Requantize(scales, lut, FLOAT16);
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
    return new Row(lut, weights, scales.row(row), uncertainty, UNCERTAINTY * unit);
  }

  /** The quotients of one row, and the indices that follow. */
  public static final class Row {
    private final Lut lut;
    private final float[] weights;
    private final float[] scales;
    private final float[] uncertainty; // of the scales
    private final float quotient; // uncertainty of a quotient, relative

    private Row(Lut lut, float[] weights, float[] scales, float[] uncertainty, float quotient) {
      this.quotient = quotient;
      this.lut = lut;
      this.weights = weights;
      this.scales = scales;
      this.uncertainty = uncertainty;
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
     * order, as on a GPU: the quotient lies so near the middle between entries that rounding
     * decides, or the scale so near zero that rounding decides its sign.
     *
     * @param i column
     */
    public boolean allows(int i, long index) {
      if (!lut.hasIndex(index)) {
        return false;
      }
      float value = lut.value((int) index);
      float least = scales[i] - uncertainty[i];
      float most = scales[i] + uncertainty[i];
      if (value == lut.value(index(i)) || (least <= 0 && most >= 0 && least < most)) {
        return true;
      }
      float one = weights[i] / least;
      float other = weights[i] / most;
      float low = lut.value(lut.nearest(below(Math.min(one, other))));
      float high = lut.value(lut.nearest(above(Math.max(one, other))));
      return low <= value && value <= high;
    }

    private float below(float number) {
      return number * (number > 0 ? 1 - quotient : 1 + quotient);
    }

    private float above(float number) {
      return number * (number > 0 ? 1 + quotient : 1 - quotient);
    }
  }
}
