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
  public Requantize {
    Objects.requireNonNull(scales, "scales");
    Objects.requireNonNull(lut, "lut");
  }

  /**
   * The indices of one row, a new array [in].
   *
   * @param row 0 to out - 1
   * @param weights the row of the weight [in]
   * @throws IllegalArgumentException if weights has another length than a row of the scales
   */
  public int[] indices(int row, float[] weights) {
    if (weights.length != scales.in()) {
      throw new IllegalArgumentException(
          "Invalid row of weights: " + weights.length + " values, expected " + scales.in());
    }
    float[] scale = scales.row(row);
    int[] indices = new int[weights.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = lut.nearest(weights[i] / scale[i]);
    }
    return indices;
  }
}
