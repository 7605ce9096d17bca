package io.qtrace.kernel;

import java.io.Serializable;
import java.util.Objects;

/**
 * How some elements of a layer's {@code _Q} agree with its {@code _indices} and LUT. Partials of
 * disjoint ranges merge, in any order, to what the whole gives. Every number is as {@code _Q}'s
 * dtype holds it.
 *
 * @param elements checked
 * @param outside indices that no entry of the LUT has
 * @param offGrid elements of {@code _Q} that equal no entry; expected is the entry at their index,
 *     NaN where that is outside
 * @param stale elements of {@code _Q} other than the entry at their index, whose index is not
 *     outside
 * @param maxStale greatest |{@code _Q} - entry| of the stale ones, 0 if none, NaN if one is NaN
 */
public record LutCheckPartial(
    long elements, Mismatches outside, Mismatches offGrid, Mismatches stale, double maxStale)
    implements Serializable {
  public LutCheckPartial {
    Objects.requireNonNull(outside, "outside");
    Objects.requireNonNull(offGrid, "offGrid");
    Objects.requireNonNull(stale, "stale");
    if (outside.count() + stale.count() > elements || offGrid.count() > elements) {
      throw new IllegalArgumentException(
          "Invalid LUT check: %d elements, %d outside, %d off the grid, %d stale"
              .formatted(elements, outside.count(), offGrid.count(), stale.count()));
    }
  }

  /** Whether every element is the LUT's entry at its index. */
  public boolean holds() {
    return outside.count() == 0 && stale.count() == 0;
  }

  public LutCheckPartial merge(LutCheckPartial other) {
    return new LutCheckPartial(
        elements + other.elements,
        outside.merge(other.outside),
        offGrid.merge(other.offGrid),
        stale.merge(other.stale),
        Math.max(maxStale, other.maxStale));
  }
}
