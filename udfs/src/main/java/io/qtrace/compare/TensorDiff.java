package io.qtrace.compare;

import io.qtrace.kernel.DiffPartial;
import java.io.Serializable;
import java.util.Objects;

/**
 * The outcome for one tensor name of a parent and a child.
 *
 * @param stats {@link DiffStats#NOTHING} where a side is missing or of another shape
 */
public record TensorDiff(String name, TensorStatus status, DiffStats stats)
    implements Serializable {
  public TensorDiff {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(stats, "stats");
  }

  public static TensorDiff added(String name) {
    return new TensorDiff(name, TensorStatus.ADDED, DiffStats.NOTHING);
  }

  public static TensorDiff removed(String name) {
    return new TensorDiff(name, TensorStatus.REMOVED, DiffStats.NOTHING);
  }

  public static TensorDiff reshaped(String name) {
    return new TensorDiff(name, TensorStatus.RESHAPED, DiffStats.NOTHING);
  }

  /** Of two tensors whose dtypes, shapes and fingerprints are known to be equal. */
  public static TensorDiff identical(String name, long elements) {
    return new TensorDiff(name, TensorStatus.IDENTICAL, DiffStats.of(DiffPartial.equal(elements)));
  }

  /**
   * Of two tensors of one shape.
   *
   * @param elements of each
   * @param all what all their ranges found, merged
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
    return new TensorDiff(name, status, DiffStats.of(all.diff()));
  }
}
