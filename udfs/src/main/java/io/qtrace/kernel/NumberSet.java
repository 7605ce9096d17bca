package io.qtrace.kernel;

import java.util.Arrays;

/** A set of float64 numbers that answers at once: NaN is one number, and so are 0 and -0. */
final class NumberSet {
  private static final long SPREAD = 0x9e3779b97f4a7c15L; // 2^64 divided by the golden ratio
  private static final int FREE_SLOTS = 8; // for each number, so that most searches take one step

  private final long[] slots; // bits, by their hash or after; a length that is a power of two
  private final int shift;
  private final long empty; // bits that no number of the set has

  NumberSet(double[] numbers) {
    int exponent = Long.SIZE - Long.numberOfLeadingZeros((long) FREE_SLOTS * numbers.length);
    this.slots = new long[1 << exponent];
    this.shift = Long.SIZE - exponent;
    this.empty = Double.doubleToRawLongBits(-0.0);
    Arrays.fill(slots, empty);
    for (double number : numbers) {
      long bits = bits(number);
      slots[slot(bits)] = bits;
    }
  }

  boolean contains(double number) {
    return slots[slot(bits(number))] != empty;
  }

  // Where the bits are, else where they would be.
  private int slot(long bits) {
    int at = (int) ((bits * SPREAD) >>> shift);
    while (slots[at] != bits && slots[at] != empty) {
      at = (at + 1) & (slots.length - 1);
    }
    return at;
  }

  private static long bits(double number) {
    return Double.doubleToLongBits(number + 0.0); // -0 + 0 is 0
  }
}
