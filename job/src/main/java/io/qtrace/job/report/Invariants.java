package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;

/** The invariants of one layer in JSON; null for what does not apply. */
record Invariants(
    String layer,
    String unchecked,
    Long elements,
    Long lutSize,
    @JsonUnwrapped Outside outside,
    @JsonUnwrapped OffGrid offGrid,
    @JsonUnwrapped Stale stale,
    @JsonUnwrapped Table table,
    Double effectiveDrift) {
  /** Indices outside the LUT. */
  record Outside(Long indicesOutside, Long firstOutside) {}

  /** Elements of {@code _Q} that equal no entry of the LUT. */
  record OffGrid(Long offGrid, Long firstOffGrid, Double offGridValue, Double offGridExpected) {}

  /** Elements of {@code _Q} that differ from the entry at their index. */
  record Stale(
      Long stale, Long firstStale, Double staleValue, Double staleExpected, Double maxStale) {}

  /** The stored LUT. */
  record Table(Boolean lutRising, Boolean lutSymmetric, Boolean lutFloat16) {}

  static Invariants of(LayerInvariants layer) {
    LutCheckPartial check = layer.check().orElse(null);
    LayerInvariants.Table table = layer.table().orElse(null);
    return new Invariants(
        layer.layer(),
        layer.unchecked().orElse(null),
        check == null ? null : (Long) check.elements(),
        layer.lutSize().orElse(null),
        check == null
            ? new Outside(null, null)
            : new Outside(check.outside().count(), first(check.outside())),
        check == null
            ? new OffGrid(null, null, null, null)
            : new OffGrid(
                check.offGrid().count(),
                first(check.offGrid()),
                value(check.offGrid()),
                expected(check.offGrid())),
        check == null
            ? new Stale(null, null, null, null, null)
            : new Stale(
                check.stale().count(),
                first(check.stale()),
                value(check.stale()),
                expected(check.stale()),
                check.maxStale()),
        table == null
            ? new Table(null, null, null)
            : new Table(table.rising(), table.symmetric(), table.float16()),
        layer.effectiveDrift().orElse(null));
  }

  private static Long first(Mismatches found) {
    return found.count() == 0 ? null : found.first();
  }

  private static Double value(Mismatches found) {
    return found.count() == 0 ? null : found.value();
  }

  private static Double expected(Mismatches found) {
    return found.count() == 0 ? null : found.expected();
  }
}
