package io.qtrace.compare;

import io.qtrace.kernel.DiffPartial;
import io.qtrace.kernel.Mismatches;
import java.io.Serializable;
import java.util.Objects;

/**
 * Differences between some elements of two tensors.
 *
 * @param identical whether dtype and bytes are the same
 * @param diff how the numbers differ
 * @param misrounded of floats of two dtypes: right elements that are not the left ones rounded to
 *     the right dtype; none of others
 */
public record PairPartial(boolean identical, DiffPartial diff, Mismatches misrounded)
    implements Serializable {
  public PairPartial {
    Objects.requireNonNull(diff, "diff");
    Objects.requireNonNull(misrounded, "misrounded");
    if (identical && diff.changed() > 0) {
      throw new IllegalArgumentException(
          "Invalid pair: identical bytes but " + diff.changed() + " changed elements");
    }
  }

  public PairPartial merge(PairPartial other) {
    return new PairPartial(
        identical && other.identical, diff.merge(other.diff), misrounded.merge(other.misrounded));
  }
}
