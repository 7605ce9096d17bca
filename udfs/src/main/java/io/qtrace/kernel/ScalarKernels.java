package io.qtrace.kernel;

import static io.qtrace.kernel.LaneSum.LANES;

import io.qtrace.tensor.Float16;

/** The plain form: the reference for every other. */
final class ScalarKernels implements FloatKernels {
  @Override
  public void widenFloat16(short[] in, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = Float16.value(in[i]);
    }
  }

  @Override
  public void widenBfloat16(short[] in, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = Bfloat16.value(in[i]);
    }
  }

  @Override
  public ChunkDiff diff(float[] left, float[] right, int from, int to, double[] lanes) {
    int changed = 0;
    float max = 0;
    for (int i = from; i < to; i++) {
      float a = left[i];
      float b = right[i];
      if (a == b || (Float.isNaN(a) && Float.isNaN(b))) {
        continue;
      }
      float difference = Math.abs(a - b);
      lanes[i & (LANES - 1)] += difference;
      if (difference > max || Float.isNaN(difference)) { // a NaN stays
        max = difference;
      }
      changed++;
    }
    return new ChunkDiff(changed, max);
  }

  @Override
  public ChunkStats stats(float[] numbers, int from, int to, double[] lanes) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    int zeros = 0;
    for (int i = from; i < to; i++) {
      float number = numbers[i];
      lanes[i & (LANES - 1)] += number;
      if (number < min) {
        min = number;
      }
      if (number > max) {
        max = number;
      }
      if (number == 0) {
        zeros++;
      }
    }
    return areFinite(lanes)
        ? new ChunkStats(min, max, 0, 0, zeros)
        : withNotFinite(new ChunkStats(min, max, 0, 0, zeros), numbers, from, to);
  }

  // No sum of so few finite float32 numbers overflows.
  private static boolean areFinite(double[] lanes) {
    for (double lane : lanes) {
      if (!Double.isFinite(lane)) {
        return false;
      }
    }
    return true;
  }

  private static ChunkStats withNotFinite(ChunkStats others, float[] numbers, int from, int to) {
    int nan = 0;
    int inf = 0;
    for (int i = from; i < to; i++) {
      nan += Float.isNaN(numbers[i]) ? 1 : 0;
      inf += Float.isInfinite(numbers[i]) ? 1 : 0;
    }
    return new ChunkStats(others.min(), others.max(), nan, inf, others.zeros());
  }
}
