package io.qtrace.kernel;

import static io.qtrace.kernel.LaneSum.LANES;

/** The plain form: the reference for every other. */
final class ScalarKernels implements FloatKernels {
  @Override
  public void widenFloat16(short[] in, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = Float16.toFloat(in[i]);
    }
  }

  @Override
  public void widenBfloat16(short[] in, float[] out, int from, int to) {
    for (int i = from; i < to; i++) {
      out[i] = Float16.fromBfloat(in[i]);
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
      max = Math.max(max, difference);
      changed++;
    }
    return new ChunkDiff(changed, max);
  }

  @Override
  public ChunkStats stats(float[] numbers, int from, int to, double[] lanes) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    int nan = 0;
    int inf = 0;
    int zeros = 0;
    for (int i = from; i < to; i++) {
      float number = numbers[i];
      lanes[i & (LANES - 1)] += number;
      if (Float.isNaN(number)) {
        nan++;
        continue;
      }
      inf += Float.isInfinite(number) ? 1 : 0;
      zeros += number == 0 ? 1 : 0;
      min = Math.min(min, number);
      max = Math.max(max, number);
    }
    return new ChunkStats(min, max, nan, inf, zeros);
  }
}
