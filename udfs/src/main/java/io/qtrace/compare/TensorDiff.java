package io.qtrace.compare;

import io.qtrace.kernel.DiffPartial;
import io.qtrace.kernel.Mismatches;
import java.io.Serializable;
import java.util.Objects;

/**
 * How one tensor of a parent and a child differ.
 *
 * @param stats {@link DiffStats#NOTHING} if a side is missing or of another shape
 * @param misrounded of floats of two dtypes: elements of the child that are not the parent's
 *     rounded to the child's dtype; none of others
 */
public record TensorDiff(String name, TensorStatus status, DiffStats stats, Mismatches misrounded)
    implements Serializable {
  public TensorDiff {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(stats, "stats");
    Objects.requireNonNull(misrounded, "misrounded");
  }

  public static TensorDiff added(String name) {
    return incomparable(name, TensorStatus.ADDED);
  }

  public static TensorDiff removed(String name) {
    return incomparable(name, TensorStatus.REMOVED);
  }

  public static TensorDiff reshaped(String name) {
    return incomparable(name, TensorStatus.RESHAPED);
  }

  /** For two tensors whose dtypes, shapes and fingerprints are known to be equal. */
  public static TensorDiff identical(String name, long elements) {
    return new TensorDiff(
        name, TensorStatus.IDENTICAL, DiffStats.of(DiffPartial.equal(elements)), Mismatches.NONE);
  }

  /**
   * For two tensors of the same shape.
   *
   * @param elements of each
   * @param all the merged results of all ranges
   */
  public static TensorDiff between(String name, long elements, PairPartial all) {
    if (all.diff().elements() != elements) {
      throw new IllegalArgumentException(
          "Invalid comparison: %d elements, expected all %d"
              .formatted(all.diff().elements(), elements));
    }
    TensorStatus status =
        all.identical()
            ? TensorStatus.IDENTICAL
            : all.diff().changed() == 0 ? TensorStatus.EQUAL : TensorStatus.CHANGED;
    return new TensorDiff(name, status, DiffStats.of(all.diff()), all.misrounded());
  }

  private static TensorDiff incomparable(String name, TensorStatus status) {
    return new TensorDiff(name, status, DiffStats.NOTHING, Mismatches.NONE);
  }
}
