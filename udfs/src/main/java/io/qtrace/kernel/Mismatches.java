package io.qtrace.kernel;

import java.io.Serializable;

/**
 * Elements of a tensor that are not what a rule says. Those of disjoint ranges merge, in any order.
 *
 * @param count of them
 * @param first index in the tensor of the first one, -1 if none
 * @param value that element, 64-bit integers rounded to float64; NaN if none
 * @param expected what the rule says it should be; NaN where it names no single number
 */
public record Mismatches(long count, long first, double value, double expected)
    implements Serializable {
  /** Every element is as the rule says. */
  public static final Mismatches NONE = new Mismatches(0, -1, Double.NaN, Double.NaN);

  public Mismatches {
    if (count < 0 || (count == 0) != (first == -1)) {
      throw new IllegalArgumentException(
          "Invalid deviations: %d elements, first %d".formatted(count, first));
    }
  }

  public Mismatches merge(Mismatches other) {
    boolean mine = other.count == 0 || (count > 0 && first <= other.first);
    Mismatches earlier = mine ? this : other;
    return new Mismatches(count + other.count, earlier.first, earlier.value, earlier.expected);
  }
}
