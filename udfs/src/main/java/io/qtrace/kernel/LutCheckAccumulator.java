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
  private final int[] entryBits; // the same as float32, which holds all but float64
  private final double[] grid; // the same, ascending, without -0
  private final int[] staleBits; // by entry: the last float32 in its place, at first the entry
  private final boolean[] staleIsOff; // whether that equals no entry
  private final MismatchAccumulator outside = new MismatchAccumulator();
  private final MismatchAccumulator offGrid = new MismatchAccumulator();
  private final MismatchAccumulator stale = new MismatchAccumulator();
  private int stalePlaces; // entries for which such a float32 was found
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
    this.entryBits = bits(entries);
    this.staleBits = entryBits.clone();
    this.staleIsOff = new boolean[entries.length];
    this.grid = Arrays.stream(entries).map(x -> x + 0.0).sorted().toArray();
  }

  /** What was found so far. */
  public LutCheckPartial partial() {
    return new LutCheckPartial(
        elements, outside.partial(), offGrid.partial(), stale.partial(), maxStale);
  }

  /** Counts elements of a block that is equal to one without deviations. */
  public void addRight(int count) {
    elements += count;
  }

  /** Checks a block; whether every element is the LUT's entry at its index. */
  boolean add(FloatKernels form, Block quantized, Block indices, int count, long firstIndex) {
    long before = outside.count() + stale.count();
    Ints places = new Ints(indexType, count);
    if (quantizedType == DType.FLOAT64) {
      Doubles doubles = new Doubles(form, quantizedType, count);
      for (Chunk chunk : Chunk.of(firstIndex, count)) {
        checkDoubles(doubles.read(quantized, chunk), places.read(indices, chunk), chunk);
      }
    } else {
      Widener floats = new Widener(form, quantizedType, count);
      for (Chunk chunk : Chunk.of(firstIndex, count)) {
        checkFloats(floats.widen(quantized, chunk), places.read(indices, chunk), chunk);
      }
    }
    elements += count;
    return outside.count() + stale.count() == before;
  }

  // Most chunks are right, or stale all over: a loop that does nothing else stays fast whatever
  // other chunks hold.
  private void checkFloats(float[] values, Ints places, Chunk chunk) {
    int[] at = places.array();
    if (areEntries(values, chunk.pad(), at, chunk.count(), entryBits)) {
      return;
    }
    boolean allStale = stalePlaces == entries.length;
    if (allStale && areEntries(values, chunk.pad(), at, chunk.count(), staleBits)) {
      stale.addMore(chunk.count());
      offGrid.addMore(offGrid(at, chunk.count()));
    } else {
      checkEach(values, places, chunk);
    }
  }

  private static boolean areEntries(float[] values, int pad, int[] at, int count, int[] table) {
    for (int i = 0; i < count; i++) {
      int place = at[i];
      if (place < 0
          || place >= table.length
          || Float.floatToRawIntBits(values[pad + i]) != table[place]) {
        return false;
      }
    }
    return true;
  }

  private int offGrid(int[] at, int count) {
    int off = 0;
    for (int i = 0; i < count; i++) {
      off += staleIsOff[at[i]] ? 1 : 0;
    }
    return off;
  }

  private void checkEach(float[] values, Ints places, Chunk chunk) {
    int[] table = entryBits;
    int[] at = places.array();
    for (int i = 0; i < chunk.count(); i++) {
      int place = at[i];
      float value = values[chunk.pad() + i];
      int bits = Float.floatToRawIntBits(value);
      if (place >= 0 && place < table.length && bits == table[place]) {
        continue;
      }
      if (place >= 0 && place < table.length && bits == staleBits[place]) {
        stale.addMore(1);
        offGrid.addMore(staleIsOff[place] ? 1 : 0);
      } else {
        look(chunk, i, value, places);
      }
    }
  }

  private void checkDoubles(double[] values, Ints places, Chunk chunk) {
    int[] at = places.array();
    for (int i = 0; i < chunk.count(); i++) {
      int place = at[i];
      if (place < 0 || place >= entries.length || values[i] != entries[place]) {
        look(chunk, i, values[i], places);
      }
    }
  }

  // An element that does not simply equal its entry.
  private void look(Chunk chunk, int i, double value, Ints places) {
    long index = chunk.index() + i;
    int place = places.array()[i];
    boolean isOutside = place < 0 || place >= entries.length;
    double expected = isOutside ? Double.NaN : entries[place];
    if (!isOutside && Rounding.same(value, expected)) {
      return;
    }
    boolean isOff = Arrays.binarySearch(grid, value + 0.0) < 0;
    if (isOutside) {
      outside.add(index, places.number(chunk, i), expected);
    } else {
      stale.add(index, value, expected);
      stalePlaces += staleBits[place] == entryBits[place] ? 1 : 0;
      staleBits[place] = Float.floatToRawIntBits((float) value);
      staleIsOff[place] = isOff;
      double distance = Math.abs(value - expected);
      if (distance > maxStale || Double.isNaN(distance)) { // a NaN stays
        maxStale = distance;
      }
    }
    if (isOff) {
      offGrid.add(index, value, expected);
    }
  }

  private static int[] bits(double[] numbers) {
    return Arrays.stream(numbers).mapToInt(x -> Float.floatToRawIntBits((float) x)).toArray();
  }
}
