package io.qtrace.lut;

import java.io.Serializable;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A lookup table [n], float32, in stored order. It holds whatever a checkpoint holds, damaged
 * tables too: the {@code first...} methods name the element that breaks an invariant. Equal means
 * equal bits.
 */
public final class Lut implements Serializable {
  /** Entries that an int16 index can reach. */
  public static final int MAX_SIZE = 1 << 15;

  private static final long serialVersionUID = 1;

  private final float[] values;

  /**
   * @throws IllegalArgumentException if there are fewer than 2 or more than {@link #MAX_SIZE}
   *     values
   */
  public Lut(float... values) {
    if (values.length < 2 || values.length > MAX_SIZE) {
      throw new IllegalArgumentException(
          "Invalid LUT size: " + values.length + ", expected 2 to " + MAX_SIZE);
    }
    this.values = values.clone();
  }

  /** The table [2n] of a positive half [n]: the half negated and reversed, then the half. */
  static Lut mirrored(float[] positive) {
    int half = positive.length;
    float[] values = new float[2 * half];
    for (int i = 0; i < half; i++) {
      values[half + i] = positive[i];
      values[half - 1 - i] = -positive[i];
    }
    return new Lut(values);
  }

  public int size() {
    return values.length;
  }

  /** A copy of the values [n]. */
  public float[] values() {
    return values.clone();
  }

  /** {@code lut[index]}; unlike PyTorch's, a negative index is not taken from the end. */
  public float value(int index) {
    return values[index];
  }

  /** Whether an entry has this index: 0 to n - 1. */
  public boolean hasIndex(long index) {
    return index >= 0 && index < values.length;
  }

  /** max |value|; NaN where any value is. */
  public float maxAbs() {
    float max = 0;
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  /**
   * max |this - other| in float32: the drift where other is the table that training used.
   *
   * @throws IllegalArgumentException if the sizes differ
   */
  public float maxDifference(Lut other) {
    if (other.size() != size()) {
      throw new IllegalArgumentException(
          "Invalid LUT size: " + other.size() + ", expected " + size());
    }
    float max = 0;
    for (int i = 0; i < values.length; i++) {
      max = Math.max(max, Math.abs(values[i] - other.values[i]));
    }
    return max;
  }

  /** Whether x equals an entry, -0.0 and 0.0 being equal. */
  public boolean contains(float x) {
    for (float value : values) {
      if (value == x) {
        return true;
      }
    }
    return false;
  }

  /**
   * Index of the entry nearest to x clamped to the table's ends, as the recipe quantizes: the least
   * |value - x| in float32, the lowest index of equals; 0 for NaN.
   */
  public int nearest(float x) {
    float clamped = clamp(x);
    int nearest = 0;
    float least = Math.abs(values[0] - clamped);
    for (int i = 1; i < values.length; i++) {
      float distance = Math.abs(values[i] - clamped);
      if (distance < least) {
        least = distance;
        nearest = i;
      }
    }
    return nearest;
  }

  /** x within the table's ends; NaN stays NaN. */
  float clamp(float x) {
    return Math.max(values[0], Math.min(values[values.length - 1], x));
  }

  /**
   * First index whose value is not above the one before it; empty where the table rises strictly.
   */
  public OptionalInt firstNotRising() {
    return first(1, values.length, i -> !(values[i] > values[i - 1]));
  }

  /**
   * First index whose value is not the negated value of its mirror image; empty where symmetric.
   */
  public OptionalInt firstAsymmetric() {
    return first(0, (values.length + 1) / 2, i -> values[i] != -values[values.length - 1 - i]);
  }

  /** First index whose value float16 cannot hold; empty where all are exact in float16. */
  public OptionalInt firstNotFloat16() {
    return first(0, values.length, i -> !Float16.isExact(values[i]));
  }

  private static OptionalInt first(int from, int to, IntPredicate broken) {
    return IntStream.range(from, to).filter(broken).findFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Lut lut && Arrays.equals(values, lut.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
