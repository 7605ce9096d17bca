package io.qtrace.compare;

import io.qtrace.tensor.TensorEntry;
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

  /**
   * Of two tensors of one shape.
   *
   * @param all what all their ranges found, merged
   */
  public static TensorDiff between(TensorEntry left, TensorEntry right, PairPartial all) {
    if (!left.shape().equals(right.shape()) || all.diff().elements() != left.elements()) {
      throw new IllegalArgumentException(
          "Invalid comparison: %d elements of shapes %s and %s, expected all of one shape"
              .formatted(all.diff().elements(), left.shape(), right.shape()));
    }
    TensorStatus status =
        all.identical()
            ? TensorStatus.IDENTICAL
            : all.diff().changed() == 0 ? TensorStatus.EQUAL : TensorStatus.CHANGED;
    return new TensorDiff(left.name(), status, DiffStats.of(all.diff()));
  }
}
