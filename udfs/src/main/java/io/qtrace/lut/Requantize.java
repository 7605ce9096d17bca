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
   * One row of weight / scale, a new array [in].
   *
   * @param row 0 to out - 1
   * @param weights the row of the weight [in]
   * @throws IllegalArgumentException if weights has another length than a row of the scales
   */
  public float[] quotients(int row, float[] weights) {
    if (weights.length != scales.in()) {
      throw new IllegalArgumentException(
          "Invalid row of weights: " + weights.length + " values, expected " + scales.in());
    }
    float[] quotients = scales.row(row);
    for (int i = 0; i < quotients.length; i++) {
      quotients[i] = weights[i] / quotients[i];
    }
    return quotients;
  }

  /** The indices of one row, a new array [in]; parameters and errors as {@link #quotients}. */
  public int[] indices(int row, float[] weights) {
    float[] quotients = quotients(row, weights);
    int[] indices = new int[quotients.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = lut.nearest(quotients[i]);
    }
    return indices;
  }

  /**
   * Whether index is the one recomputed, or a neighbour that PyTorch could choose with its sums in
   * another order: the quotient lies so near the middle between both that 2^-20 of it decides.
   *
   * @param index 0 to n - 1
   */
  public boolean allows(float quotient, int index) {
    float nearest = lut.value(lut.nearest(quotient));
    float clamped = lut.clamp(quotient);
    float excess = Math.abs(lut.value(index) - clamped) - Math.abs(nearest - clamped);
    return lut.value(index) == nearest || excess <= 2 * UNCERTAINTY * Math.abs(clamped);
  }
}
