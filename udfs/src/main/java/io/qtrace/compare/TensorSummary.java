package io.qtrace.compare;

import io.qtrace.kernel.StatsPartial;
import java.util.Optional;

/**
 * Statistics of a whole tensor's elements in float64, for complex elements of their moduli, as SQL
 * functions return them.
 *
 * @param min least number, ignoring NaN; empty if there is none
 * @param max greatest number, ignoring NaN; empty if there is none
 * @param mean including NaN; empty if there are no elements
 * @param std standard deviation with n - 1 in the denominator; empty for fewer than two elements
 * @param nan elements that are NaN
 * @param inf elements that are infinite
 * @param zeros elements that are 0 or -0
 */
public record TensorSummary(
    Optional<Double> min,
    Optional<Double> max,
    Optional<Double> mean,
    Optional<Double> std,
    long nan,
    long inf,
    long zeros) {
  /**
   * Of what {@link Measure#STATS} and {@link Measure#SPREAD} found; without one its part is empty.
   */
  public static TensorSummary of(MemberPartial found) {
    StatsPartial all = found.stats();
    TensorStats stats = TensorStats.of(all);
    boolean numbers = all.elements() > all.nan();
    return new TensorSummary(
        numbers ? Optional.of(stats.min()) : Optional.empty(),
        numbers ? Optional.of(stats.max()) : Optional.empty(),
        all.elements() > 0 ? Optional.of(stats.sum() / all.elements()) : Optional.empty(),
        found.spread().elements() > 1
            ? Optional.of(found.spread().standardDeviation())
            : Optional.empty(),
        stats.nan(),
        stats.inf(),
        stats.zeros());
  }
}
