package io.qtrace.lut;

import java.util.Arrays;

/**
 * Clusters the entries of a table, as the recipe makes a 4-entry table from a 16-entry one: k-means
 * that starts at evenly spaced quantiles and ends after 20 rounds.
 */
public final class Clusters {
  private static final int ROUNDS = 20;

  private Clusters() {}

  /**
   * The clustered entries, ascending.
   *
   * @param lut the table, ascending
   * @param entries number of clusters, at least 1
   */
  public static float[] of(Lut lut, int entries) {
    float[] values = lut.values();
    Arrays.sort(values);
    float[] centres = new float[entries];
    for (int i = 0; i < entries; i++) {
      centres[i] = quantile(values, (i + 1f) / (entries + 1));
    }
    for (int round = 0; round < ROUNDS; round++) {
      float[] sums = new float[entries];
      int[] counts = new int[entries];
      for (float value : values) {
        int nearest = nearest(centres, value);
        sums[nearest] += value;
        counts[nearest]++;
      }
      for (int i = 0; i < entries; i++) {
        centres[i] = counts[i] == 0 ? centres[i] : sums[i] / counts[i];
      }
    }
    return centres;
  }

  private static float quantile(float[] sorted, float part) {
    float at = part * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  // The first of several equally near centres.
  private static int nearest(float[] centres, float value) {
    int nearest = 0;
    for (int i = 1; i < centres.length; i++) {
      if (Math.abs(value - centres[i]) < Math.abs(value - centres[nearest])) {
        nearest = i;
      }
    }
    return nearest;
  }
}
