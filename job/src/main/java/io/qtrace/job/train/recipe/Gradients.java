package io.qtrace.job.train.recipe;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The gradients of some micro-batches, each divided by the count of all micro-batches of the step:
 * what data-parallel replicas exchange. The arrays are the record's own.
 *
 * @param scales of all scales, in the replica's order; empty where they are frozen
 * @param lut of all LUT deltas, in the replica's order; empty where they are frozen
 * @param losses of each micro-batch, not divided
 */
@SuppressWarnings("ArrayRecordComponent")
public record Gradients(float[] scales, float[] lut, double[] losses) implements Serializable {
  /**
   * The sum of both; the losses one after the other.
   *
   * @throws IllegalArgumentException if the gradients are of other parameters
   */
  public Gradients plus(Gradients other) {
    return new Gradients(
        sum(scales, other.scales),
        sum(lut, other.lut),
        DoubleStream.concat(Arrays.stream(losses), Arrays.stream(other.losses)).toArray());
  }

  private static float[] sum(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "Invalid gradients: " + b.length + " values, expected " + a.length);
    }
    float[] sum = new float[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }
}
