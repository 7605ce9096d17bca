package io.qtrace.job.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestRowMapping {
  @Test
  void whatWasNotFoundIsNullInTheColumns() {
    Mismatches stale = new Mismatches(2, 4, 0.5, -2);
    Mismatches outside = new Mismatches(1, 3, 9, Double.NaN);
    LayerInvariants layer =
        new LayerInvariants(
            "p",
            Optional.empty(),
            Optional.of(new LutCheckPartial(6, outside, Mismatches.NONE, stale, 2.5)),
            Optional.of(4L),
            Optional.of(new LayerInvariants.Table(false, true, false)),
            Optional.empty());
    InvariantRow row = RowMapping.row("audit", "checkpoint", "path", layer);
    assertThat(row.unchecked()).isNull();
    assertThat(row.outside()).isEqualTo(new InvariantRow.OutsideRow(1L, 3L, 9.0));
    assertThat(row.offGrid()).isEqualTo(new InvariantRow.OffGridRow(0L, null, null, null));
    assertThat(row.stale()).isEqualTo(new InvariantRow.StaleRow(2L, 4L, 0.5, -2.0, 2.5));
    assertThat(row.table()).isEqualTo(new InvariantRow.TableRow(false, true, false));
    assertThat(row.lutSize()).isEqualTo(4);
    assertThat(row.effectiveDrift()).isNull();
  }
}
