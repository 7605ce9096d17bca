package io.qtrace.kernel;

import java.io.Serializable;

/**
 * How far some of a tensor's elements, of complex ones their moduli, lie from their mean. Partials
 * of disjoint ranges merge in any order, up to rounding in float64.
 *
 * @param elements seen
 * @param mean of them, 0 if there are none
 * @param squares sum of (element - mean)^2
 */
public record SpreadPartial(long elements, double mean, double squares) implements Serializable {
  /** The spread of no elements. */
  public static final SpreadPartial NONE = new SpreadPartial(0, 0, 0);

  /** The spread of the first {@code count} numbers. */
  static SpreadPartial of(double[] numbers, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += numbers[i];
    }
    double mean = sum / count;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      squares += (numbers[i] - mean) * (numbers[i] - mean);
    }
    return new SpreadPartial(count, mean, squares);
  }

  public SpreadPartial merge(SpreadPartial other) {
    if (elements == 0 || other.elements == 0) {
      return elements == 0 ? other : this;
    }
    double all = (double) elements + other.elements;
    double distance = other.mean - mean;
    return new SpreadPartial(
        elements + other.elements,
        mean + distance * (other.elements / all),
        squares + other.squares + distance * distance * (elements / all) * other.elements);
  }

  /** Standard deviation with n - 1 in the denominator, as PyTorch's; NaN of fewer than two. */
  public double standardDeviation() {
    return elements < 2 ? Double.NaN : Math.sqrt(squares / (elements - 1));
  }
}
