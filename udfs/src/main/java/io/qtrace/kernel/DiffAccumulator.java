package io.qtrace.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Collects what {@link Kernels#diff} finds in one pair of tensors, whose elements must come in
 * ascending order. Not thread safe.
 */
public final class DiffAccumulator {
  private final LaneSum sum = new LaneSum();
  private final List<Double> differences = new ArrayList<>();
  private long elements;
  private long changed;
  private double max;
  private long first = DiffPartial.NONE;

  /** Counts elements as compared; those known to be equal need nothing else. */
  public void addElements(long count) {
    elements += count;
  }

  /** What was found so far. */
  public DiffPartial partial() {
    TreeSet<Double> distinct = new TreeSet<>();
    if (changed < DiffPartial.DISTINCT_LIMIT) {
      distinct.addAll(differences);
    }
    return new DiffPartial(elements, changed, max, sum.total(), first, List.copyOf(distinct));
  }

  /** Lanes to add |left - right| to, for elements up to the end of {@code index}'s chunk. */
  double[] lanes(long index) {
    return sum.lanes(index);
  }

  /** Counts changed elements whose |left - right| went to the lanes. */
  void addChanged(int count, double maxAbs) {
    changed += count;
    max = Math.max(max, maxAbs);
  }

  /** Whether changed elements must be passed one by one, before they are counted. */
  boolean wantsEach() {
    return changed < DiffPartial.DISTINCT_LIMIT;
  }

  /** Adds one changed element. */
  void each(long index, double difference) {
    if (first == DiffPartial.NONE) {
      first = index;
    }
    if (differences.size() < DiffPartial.DISTINCT_LIMIT) {
      differences.add(difference);
    }
  }

  /** One changed element, all of it. */
  void add(long index, double difference) {
    if (wantsEach()) {
      each(index, difference);
    }
    sum.add(index, Math.abs(difference));
    addChanged(1, Math.abs(difference));
  }
}
