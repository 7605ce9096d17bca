package io.qtrace.kernel;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How often each index occurs among some of a tensor's elements. Partials of disjoint ranges merge,
 * in any order, to what the whole gives.
 *
 * @param counts of the indices from 0 to the greatest that occurs; empty of no elements
 * @param outside whether an element is not an integer from 0 to 255; nothing is counted then
 */
public record CountsPartial(List<Long> counts, boolean outside) implements Serializable {
  /** Indices from 0 on that are counted. */
  static final int ENTRIES = 256;

  /** The counts of no elements. */
  public static final CountsPartial NONE = new CountsPartial(List.of(), false);

  /** The counts of elements that are not all indices. */
  static final CountsPartial OUTSIDE = new CountsPartial(List.of(), true);

  public CountsPartial {
    counts = List.copyOf(counts);
    if (counts.size() > ENTRIES || (outside && !counts.isEmpty())) {
      throw new IllegalArgumentException(
          "Invalid counts: of %d indices, expected at most %d, and none where one is outside"
              .formatted(counts.size(), ENTRIES));
    }
  }

  public CountsPartial merge(CountsPartial other) {
    if (outside || other.outside) {
      return OUTSIDE;
    }
    List<Long> longer = counts.size() < other.counts.size() ? other.counts : counts;
    List<Long> shorter = counts.size() < other.counts.size() ? counts : other.counts;
    List<Long> sums = new ArrayList<>(longer);
    for (int i = 0; i < shorter.size(); i++) {
      sums.set(i, longer.get(i) + shorter.get(i));
    }
    return new CountsPartial(sums, false);
  }

  /** What {@link Kernels#stats} finds of the same elements; empty unless they were counted. */
  public Optional<StatsPartial> stats() {
    if (counts.isEmpty()) {
      return Optional.empty();
    }
    long elements = 0;
    long sum = 0;
    int least = counts.size();
    for (int i = counts.size() - 1; i >= 0; i--) {
      long count = counts.get(i);
      elements += count;
      sum += i * count;
      least = count > 0 ? i : least;
    }
    ExactSum exact = new ExactSum(BigDecimal.valueOf(sum), 0);
    return Optional.of(
        new StatsPartial(
            elements, least, counts.size() - 1, exact, 0, 0, counts.get(0), StatsPartial.NO_INDEX));
  }
}
