package io.qtrace.kernel;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What differs between some of the elements of two tensors. Partials of disjoint ranges merge, in
 * any order, to the very bits that the whole gives.
 *
 * @param elements compared
 * @param changed elements whose numbers differ
 * @param maxAbs greatest |left - right| of the changed, 0 if none, NaN if one is NaN
 * @param sumAbs sum of |left - right| of the changed
 * @param firstChanged index in the tensor of the first changed element, or {@link #NONE}
 * @param distinct ascending distinct left - right of the changed (the modulus for complex numbers);
 *     empty once {@link #DISTINCT_LIMIT} elements changed
 */
public record DiffPartial(
    long elements,
    long changed,
    double maxAbs,
    ExactSum sumAbs,
    long firstChanged,
    List<Double> distinct)
    implements Serializable {
  /** No element changed. */
  public static final long NONE = -1;

  /** Changed elements from which on their distinct differences are not kept. */
  public static final int DISTINCT_LIMIT = 100;

  public DiffPartial {
    Objects.requireNonNull(sumAbs, "sumAbs");
    distinct = List.copyOf(distinct);
    if (changed < 0 || changed > elements || (changed == 0) != (firstChanged == NONE)) {
      throw new IllegalArgumentException(
          "Invalid difference: %d of %d elements changed, first %d"
              .formatted(changed, elements, firstChanged));
    }
  }

  /** So many elements, all of equal numbers. */
  public static DiffPartial equal(long elements) {
    return new DiffPartial(elements, 0, 0, ExactSum.ZERO, NONE, List.of());
  }

  public DiffPartial merge(DiffPartial other) {
    long first =
        changed == 0 || other.changed == 0
            ? Math.max(firstChanged, other.firstChanged)
            : Math.min(firstChanged, other.firstChanged);
    TreeSet<Double> both = new TreeSet<>();
    if (changed + other.changed < DISTINCT_LIMIT) {
      both.addAll(distinct);
      both.addAll(other.distinct);
    }
    return new DiffPartial(
        elements + other.elements,
        changed + other.changed,
        Math.max(maxAbs, other.maxAbs),
        sumAbs.plus(other.sumAbs),
        first,
        List.copyOf(both));
  }
}
