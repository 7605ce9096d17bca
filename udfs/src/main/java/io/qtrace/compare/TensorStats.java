package io.qtrace.compare;

import io.qtrace.kernel.StatsPartial;
import java.io.Serializable;

/**
 * Statistics of one tensor's elements, in float64; of complex ones, of their moduli.
 *
 * @param min least number, NaN left out; NaN if nothing is left
 * @param max greatest number, NaN left out; NaN if nothing is left
 * @param sum of all, NaN included
 * @param nan elements that are NaN
 * @param inf elements that are infinite
 * @param zeros elements that are 0 or -0
 */
public record TensorStats(double min, double max, double sum, long nan, long inf, long zeros)
    implements Serializable {
  /** Of a tensor all of whose ranges are merged. */
  public static TensorStats of(StatsPartial all) {
    boolean empty = all.elements() == all.nan();
    return new TensorStats(
        empty ? Double.NaN : all.min(),
        empty ? Double.NaN : all.max(),
        all.sum().value(),
        all.nan(),
        all.inf(),
        all.zeros());
  }
}
