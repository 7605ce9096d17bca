package io.qtrace.compare;

import io.qtrace.kernel.DiffPartial;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * How the numbers of two tensors differ. A pair of NaN is equal, so it adds nothing to maximum and
 * sum; a NaN against a number makes them NaN, as in PyTorch.
 *
 * @param elements number of compared elements; 0 if nothing could be compared
 * @param changedElements number of elements that differ
 * @param maxAbs greatest |left - right|
 * @param sumAbs sum of |left - right|
 * @param firstChangedIndex in C order, -1 if none
 * @param distinct ascending distinct values of left - right over the changed elements; empty if
 *     there are 100 or more
 */
public record DiffStats(
    long elements,
    long changedElements,
    double maxAbs,
    double sumAbs,
    long firstChangedIndex,
    List<Double> distinct)
    implements Serializable {
  /** Nothing was compared. */
  public static final DiffStats NOTHING = of(DiffPartial.equal(0));

  public DiffStats {
    distinct = List.copyOf(distinct);
  }

  /** The statistics of a pair, once all of its ranges are merged. */
  public static DiffStats of(DiffPartial all) {
    return new DiffStats(
        all.elements(),
        all.changed(),
        all.maxAbs(),
        all.sumAbs().value(),
        all.firstChanged(),
        all.distinct());
  }

  /** Mean |left - right| over all elements, 0 of none. */
  public double meanAbs() {
    return elements == 0 ? 0 : sumAbs / elements;
  }

  /** The distinct differences, absent where 100 or more elements changed. */
  public Optional<List<Double>> distinctDifferences() {
    return changedElements < DiffPartial.DISTINCT_LIMIT ? Optional.of(distinct) : Optional.empty();
  }
}
