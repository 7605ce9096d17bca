package io.qtrace.kernel;

import java.io.Serializable;
import java.util.Objects;

/**
 * Statistics of some of a tensor's elements; of complex ones, of their moduli. Partials of disjoint
 * ranges merge, in any order, to the very bits that the whole gives.
 *
 * @param elements seen
 * @param min least number, ignoring NaN; infinity if there is none
 * @param max greatest number, ignoring NaN; negative infinity if there is none
 * @param sum of all numbers: NaN or infinite ones make it so
 * @param nan elements that are NaN
 * @param inf elements that are infinite
 * @param zeros elements that are 0 or -0
 * @param firstNotFinite least index of a NaN or an infinite one, {@link #NO_INDEX} if there is none
 */
public record StatsPartial(
    long elements,
    double min,
    double max,
    ExactSum sum,
    long nan,
    long inf,
    long zeros,
    long firstNotFinite)
    implements Serializable {
  /** Stands for no index. */
  public static final long NO_INDEX = Long.MAX_VALUE;

  /** The statistics of no elements. */
  public static final StatsPartial NONE =
      new StatsPartial(
          0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, ExactSum.ZERO, 0, 0, 0, NO_INDEX);

  public StatsPartial {
    Objects.requireNonNull(sum, "sum");
    if (nan < 0 || inf < 0 || zeros < 0 || nan + inf + zeros > elements) {
      throw new IllegalArgumentException(
          "Invalid statistics: %d NaN, %d infinite and %d zeros of %d elements"
              .formatted(nan, inf, zeros, elements));
    }
  }

  public StatsPartial merge(StatsPartial other) {
    return new StatsPartial(
        elements + other.elements,
        Math.min(min, other.min),
        Math.max(max, other.max),
        sum.plus(other.sum),
        nan + other.nan,
        inf + other.inf,
        zeros + other.zeros,
        Math.min(firstNotFinite, other.firstNotFinite));
  }
}
