package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.TensorStats;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TestLayerInvariants {
  private final Map<String, TensorFacts> facts = new TreeMap<>();

  @Test
  void reportsTheResultOfTheCheck() {
    add("p._Q", DType.FLOAT32, Shape.of(2, 3), List.of());
    add("p._indices", DType.INT16, Shape.of(2, 3), List.of());
    add("p.lut", DType.FLOAT32, Shape.of(4), List.of(-2.0, -0.1, -0.1, 2.0));
    Mismatches stale = new Mismatches(2, 4, 0.5, -2);
    Mismatches outside = new Mismatches(1, 3, 9, Double.NaN);
    LutCheckPartial check = new LutCheckPartial(6, outside, Mismatches.NONE, stale, 2.5);
    LayerInvariants layer = only(Map.of("p", check));
    assertThat(layer.unchecked()).isEmpty();
    assertThat(layer.check()).contains(check);
    assertThat(layer.isStale()).isTrue();
    assertThat(layer.unexplained()).contains(new UnexplainedElements(3, Optional.of(3L)));
    assertThat(layer.lutSize()).contains(4L);
    assertThat(layer.table()).contains(new LayerInvariants.Table(false, false, false));
    assertThat(layer.effectiveDrift()).isEmpty();
  }

  @Test
  void measuresHowFarTheStoredLutLagsBehindTheDeltas() {
    add("p._Q", DType.FLOAT32, Shape.of(1), List.of());
    add("p.lut", DType.FLOAT32, Shape.of(4), List.of(-2.0, -0.5, 0.5, 2.0));
    add("p._lut_raw_deltas", DType.FLOAT32, Shape.of(2), List.of(0.0, 0.0));
    LayerInvariants layer = only(Map.of());
    assertThat(layer.effectiveDrift()).contains(0.5);
    assertThat(layer.table()).contains(new LayerInvariants.Table(true, true, true));
  }

  @Test
  void reportsWhyNothingCouldBeChecked() {
    add("p._Q", DType.FLOAT32, Shape.of(2, 3), List.of());
    assertThat(only(Map.of()).unchecked()).contains("no _indices");
    add("p._indices", DType.FLOAT32, Shape.of(3, 2), List.of());
    assertThat(only(Map.of()).unchecked()).contains("no lut");
    add("p.lut", DType.FLOAT32, Shape.of(1), List.of(1.0));
    assertThat(only(Map.of()).unchecked()).contains("_Q is [2, 3], _indices [3, 2]");
    add("p._indices", DType.FLOAT32, Shape.of(2, 3), List.of());
    assertThat(only(Map.of()).unchecked())
        .contains("_Q is float32, _indices float32, lut float32 [1]");
  }

  private LayerInvariants only(Map<String, LutCheckPartial> checks) {
    Map<String, LayerInvariants> layers = CheckpointFacts.of(facts, checks).layers();
    assertThat(layers).containsOnlyKeys("p");
    return layers.get("p");
  }

  private void add(String name, DType dtype, Shape shape, List<Double> values) {
    TensorStats stats = new TensorStats(0, 0, 0, 0, 0, 0);
    facts.put(name, new TensorFacts(name, Category.OTHER, dtype, shape, "x1:", stats, values));
  }
}
