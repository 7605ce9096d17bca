package io.qtrace.lut;

import java.util.Objects;

/**
 * Indices recomputed from a layer's float weight ("tighten", and how a layer is first quantized):
 * the entry nearest to weight / scale.
 *
 * @param scales the layer's scales [out, in]
 * @param lut the layer's table
 */
public record Requantize(Scales scales, Lut lut) {
  private static final float UNCERTAINTY = 0x1p-20f; // of a quotient, relative: 16 units of float32

  public Requantize {
    Objects.requireNonNull(scales, "scales");
    Objects.requireNonNull(lut, "lut");
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
    return new Row(lut, weights, scales.row(row), scales.uncertainty(row));
  }

  /** The quotients of one row, and the indices that follow. */
  public static final class Row {
    private final Lut lut;
    private final float[] weights;
    private final float[] scales;
    private final float[] uncertainty; // of the scales

    private Row(Lut lut, float[] weights, float[] scales, float[] uncertainty) {
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

    private static float below(float quotient) {
      return quotient * (quotient > 0 ? 1 - UNCERTAINTY : 1 + UNCERTAINTY);
    }

    private static float above(float quotient) {
      return quotient * (quotient > 0 ? 1 + UNCERTAINTY : 1 - UNCERTAINTY);
    }
  }
}
