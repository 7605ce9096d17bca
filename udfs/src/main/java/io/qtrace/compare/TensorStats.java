package io.qtrace.compare;

import io.qtrace.kernel.StatsPartial;
import java.io.Serializable;

/**
 * Statistics of one tensor's elements, in float64; for complex elements, of their moduli.
 *
 * @param min least number, ignoring NaN; NaN if there is none
 * @param max greatest number, ignoring NaN; NaN if there is none
 * @param sum of all, NaN included
 * @param nan elements that are NaN
 * @param inf elements that are infinite
 * @param zeros elements that are 0 or -0
 * @param firstNotFinite index in C order of the first NaN or infinite one; {@link #NO_INDEX} where
 *     there is none, or it is not known
 */
public record TensorStats(
    double min, double max, double sum, long nan, long inf, long zeros, long firstNotFinite)
    implements Serializable {
  /** Stands for no index. */
  public static final long NO_INDEX = -1;

  /** For elements without known indices. */
  public TensorStats(double min, double max, double sum, long nan, long inf, long zeros) {
    this(min, max, sum, nan, inf, zeros, NO_INDEX);
  }

  /** The statistics of a tensor, once all of its ranges are merged. */
  public static TensorStats of(StatsPartial all) {
    boolean empty = all.elements() == all.nan();
    return new TensorStats(
        empty ? Double.NaN : all.min(),
        empty ? Double.NaN : all.max(),
        all.sum().value(),
        all.nan(),
        all.inf(),
        all.zeros(),
        all.firstNotFinite() == StatsPartial.NO_INDEX ? NO_INDEX : all.firstNotFinite());
  }

  /** Elements that are NaN or infinite. */
  public long notFinite() {
    return nan + inf;
  }
}
