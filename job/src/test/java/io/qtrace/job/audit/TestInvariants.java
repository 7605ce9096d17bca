package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.TensorStats;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.kernel.Deviations;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestInvariants {
  private final Map<String, TensorFacts> facts = new TreeMap<>();

  @Test
  void saysWhatTheCheckFound() {
    add("p._Q", DType.FLOAT32, Shape.of(2, 3), List.of());
    add("p._indices", DType.INT16, Shape.of(2, 3), List.of());
    add("p.lut", DType.FLOAT32, Shape.of(4), List.of(-2.0, -0.1, -0.1, 2.0));
    Deviations stale = new Deviations(2, 4, 0.5, -2);
    Deviations outside = new Deviations(1, 3, 9, Double.NaN);
    InvariantRow row =
        only(Map.of("p", new LutCheckPartial(6, outside, Deviations.NONE, stale, 2.5)));
    assertThat(row.isChecked()).isTrue();
    assertThat(row.residual()).isEqualTo(3);
    assertThat(row.firstOutside()).isEqualTo(3);
    assertThat(row.firstOffGrid()).isNull();
    assertThat(row.staleExpected()).isEqualTo(-2);
    assertThat(row.lutSize()).isEqualTo(4);
    assertThat(row.lutRising()).isFalse();
    assertThat(row.lutSymmetric()).isFalse();
    assertThat(row.lutFloat16()).isFalse();
    assertThat(row.effectiveDrift()).isNull();
  }

  @Test
  void measuresHowFarTheStoredLutLagsBehindTheDeltas() {
    add("p._Q", DType.FLOAT32, Shape.of(1), List.of());
    add("p.lut", DType.FLOAT32, Shape.of(4), List.of(-2.0, -0.5, 0.5, 2.0));
    add("p._lut_raw_deltas", DType.FLOAT32, Shape.of(2), List.of(0.0, 0.0));
    InvariantRow row = only(Map.of());
    assertThat(row.effectiveDrift()).isEqualTo(0.5);
    assertThat(row.lutRising()).isTrue();
    assertThat(row.lutSymmetric()).isTrue();
    assertThat(row.lutFloat16()).isTrue();
  }

  @Test
  void saysWhyNothingCouldBeChecked() {
    add("p._Q", DType.FLOAT32, Shape.of(2, 3), List.of());
    assertThat(only(Map.of()).unchecked()).isEqualTo("no _indices");
    add("p._indices", DType.FLOAT32, Shape.of(3, 2), List.of());
    assertThat(only(Map.of()).unchecked()).isEqualTo("no lut");
    add("p.lut", DType.FLOAT32, Shape.of(1), List.of(1.0));
    assertThat(only(Map.of()).unchecked()).isEqualTo("_Q is [2, 3], _indices [3, 2]");
    add("p._indices", DType.FLOAT32, Shape.of(2, 3), List.of());
    assertThat(only(Map.of()).unchecked())
        .isEqualTo("_Q is float32, _indices float32, lut float32 [1]");
  }

  private InvariantRow only(Map<String, LutCheckPartial> checks) {
    List<InvariantRow> rows = new Invariants("audit", "checkpoint", "path").rows(facts, checks);
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  private void add(String name, DType dtype, Shape shape, List<Double> values) {
    TensorStats stats = new TensorStats(0, 0, 0, 0, 0, 0);
    facts.put(
        name,
        new TensorFacts(
            name, Category.OTHER, dtype, shape, "x1:", stats, values, Optional.empty()));
  }
}
