package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;
import java.util.Arrays;
import java.util.List;

/**
 * Checks a layer's {@code _Q} against {@code lut[_indices]}, block by block in ascending order. Not
 * thread safe.
 */
public final class LutCheckAccumulator {
  private final DType quantizedType;
  private final DType indexType;
  private final double[] entries; // as _Q's dtype holds them
  private final double[] grid; // the same, ascending, without -0
  private final DeviationAccumulator outside = new DeviationAccumulator();
  private final DeviationAccumulator offGrid = new DeviationAccumulator();
  private final DeviationAccumulator stale = new DeviationAccumulator();
  private long elements;
  private double maxStale;

  /**
   * @param quantizedType dtype of {@code _Q}, a float
   * @param indexType dtype of {@code _indices}, an integer
   * @param lut the stored table [n]
   */
  public LutCheckAccumulator(DType quantizedType, DType indexType, List<Double> lut) {
    this.quantizedType = quantizedType;
    this.indexType = indexType;
    this.entries = lut.stream().mapToDouble(x -> Rounding.of(quantizedType, x)).toArray();
    this.grid = Arrays.stream(entries).map(x -> x + 0.0).sorted().toArray();
  }

  /** What was found so far. */
  public LutCheckPartial partial() {
    return new LutCheckPartial(
        elements, outside.partial(), offGrid.partial(), stale.partial(), maxStale);
  }

  void add(FloatKernels form, Block quantized, Block indices, int count, long firstIndex) {
    Doubles doubles = new Doubles(form, quantizedType);
    long[] places = new long[Chunk.ELEMENTS];
    for (Chunk chunk : Chunk.of(firstIndex, count)) {
      double[] values = doubles.read(quantized, chunk);
      Elements.toLongs(indexType, indices.bytes(), chunk.first(), chunk.count(), places);
      for (int i = 0; i < chunk.count(); i++) {
        long place = places[i]; // uint64 above 2^63 comes out negative, outside too
        if (place < 0 || place >= entries.length || values[i] != entries[(int) place]) {
          look(chunk.index() + i, values[i], place);
        }
      }
    }
    elements += count;
  }

  // One element that is not plainly right.
  private void look(long index, double value, long place) {
    double expected = Double.NaN;
    if (place < 0 || place >= entries.length) {
      outside.add(index, indexType == DType.UINT64 ? Elements.unsigned(place) : place, expected);
    } else {
      expected = entries[(int) place];
      if (Rounding.same(value, expected)) {
        return;
      }
      stale.add(index, value, expected);
      maxStale = Math.max(maxStale, Math.abs(value - expected));
    }
    if (Arrays.binarySearch(grid, value + 0.0) < 0) {
      offGrid.add(index, value, expected);
    }
  }
}
