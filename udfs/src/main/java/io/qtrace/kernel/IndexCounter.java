package io.qtrace.kernel;

import java.util.stream.LongStream;

/** Counts the integers of one block. Not thread safe. */
final class IndexCounter {
  private static final int TABLES =
      4; // so that increments of equal neighbours do not depend on each other

  private final int[] counts = new int[TABLES * CountsPartial.ENTRIES];
  private int bits; // bytes of any integer

  /** Counts the first {@code count} of some integers; those that int does not hold are negative. */
  void add(int[] numbers, int count) {
    int seen = bits;
    for (int i = 0; i < count; i++) {
      int number = numbers[i];
      seen |= number;
      counts[(i % TABLES) * CountsPartial.ENTRIES + (number & (CountsPartial.ENTRIES - 1))]++;
    }
    bits = seen;
  }

  /** Whether one of them is not from 0 to 255. */
  boolean isOutside() {
    return (bits & -CountsPartial.ENTRIES) != 0;
  }

  CountsPartial partial() {
    if (isOutside()) {
      return CountsPartial.OUTSIDE;
    }
    int size = CountsPartial.ENTRIES;
    while (size > 0 && count(size - 1) == 0) {
      size--;
    }
    return new CountsPartial(LongStream.range(0, size).map(this::count).boxed().toList(), false);
  }

  private long count(long index) {
    long sum = 0;
    for (int at = (int) index; at < counts.length; at += CountsPartial.ENTRIES) {
      sum += counts[at];
    }
    return sum;
  }
}
