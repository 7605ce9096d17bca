package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.kernel.FloatKernels.ChunkStats;
import io.qtrace.tensor.DType;
import java.nio.ByteBuffer;

/**
 * Collects what {@link Kernels#stats} finds in one tensor, whose elements must come in ascending
 * order. Not thread safe.
 */
public final class StatsAccumulator {
  private final LaneSum sum = new LaneSum();
  private long elements;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private long nan;
  private long inf;
  private long zeros;
  private long firstNotFinite = StatsPartial.NO_INDEX;

  /** What was found so far. */
  public StatsPartial partial() {
    return new StatsPartial(
        elements, min + 0.0, max + 0.0, sum.total(), nan, inf, zeros, firstNotFinite);
  }

  void addFloats(FloatKernels form, DType dtype, Block block, int count, long firstIndex) {
    Widener widener = new Widener(form, dtype, count);
    for (Chunk chunk : Chunk.of(firstIndex, count)) {
      float[] numbers = widener.widen(block, chunk);
      ChunkStats found = form.stats(numbers, chunk.pad(), chunk.end(), sum.lanes(chunk.index()));
      elements += chunk.count();
      min = Math.min(min, found.min());
      max = Math.max(max, found.max());
      if (found.nan() + found.inf() > 0 && firstNotFinite == StatsPartial.NO_INDEX) {
        firstNotFinite = chunk.index() + firstNotFinite(numbers, chunk);
      }
      nan += found.nan();
      inf += found.inf();
      zeros += found.zeros();
    }
  }

  /** Adds integers that float32 holds; float64 holds their sums, whatever the order. */
  void addInts(DType dtype, Block block, int count, long firstIndex) {
    Ints ints = new Ints(dtype, count);
    long total = 0;
    for (Chunk chunk : Chunk.of(firstIndex, count)) {
      total += addInts(ints.read(block, chunk).array(), chunk.count());
    }
    sum.add(firstIndex, (double) total);
    elements += count;
  }

  private long addInts(int[] numbers, int count) {
    int least = Integer.MAX_VALUE;
    int greatest = Integer.MIN_VALUE;
    int none = 0;
    long total = 0;
    for (int i = 0; i < count; i++) {
      int number = numbers[i];
      total += number;
      least = Math.min(least, number);
      greatest = Math.max(greatest, number);
      none += number == 0 ? 1 : 0;
    }
    min = Math.min(min, least);
    max = Math.max(max, greatest);
    zeros += none;
    return total;
  }

  // Position of the first in a chunk that has any.
  private static int firstNotFinite(float[] numbers, Chunk chunk) {
    int at = 0;
    while (Float.isFinite(numbers[chunk.pad() + at])) {
      at++;
    }
    return at;
  }

  void addWide(DType dtype, ByteBuffer bytes, int count, long firstIndex) {
    for (int i = 0; i < count; i++) {
      add(firstIndex + i, Elements.number(dtype, bytes, i));
    }
    elements += count;
  }

  private void add(long index, double number) {
    sum.add(index, number);
    if (!Double.isFinite(number)) {
      firstNotFinite = Math.min(firstNotFinite, index);
    }
    if (Double.isNaN(number)) {
      nan++;
      return;
    }
    inf += Double.isInfinite(number) ? 1 : 0;
    zeros += number == 0 ? 1 : 0;
    min = Math.min(min, number);
    max = Math.max(max, number);
  }
}
