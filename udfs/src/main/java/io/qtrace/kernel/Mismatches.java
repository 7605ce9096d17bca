package io.qtrace.kernel;

import java.io.Serializable;

/**
 * Elements of a tensor that deviate from a rule. Those of disjoint ranges merge, in any order.
 *
 * @param count number of them
 * @param first index in the tensor of the first one, -1 if none
 * @param value that element, 64-bit integers rounded to float64; NaN if none
 * @param expected its value according to the rule; NaN if the rule has no single value
 */
public record Mismatches(long count, long first, double value, double expected)
    implements Serializable {
  /** Every element follows the rule. */
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
