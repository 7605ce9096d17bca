package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.job.compare.CompareGroups.Group;
import io.qtrace.job.compare.CompareRequest.Pair;
import io.qtrace.job.compare.CompareUnit.Link;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestComparePlan {
  private static final Shape SHAPE = Shape.of(4, 6);

  @Test
  void aLayersQuantizedValuesAndIndicesAreReadTogether() {
    CompareUnit unit = onlyUnitOfTheLayer(units(layer(0, SHAPE), layer(1, SHAPE)));
    assertThat(unit.members())
        .extracting(member -> member.checkpoint() + member.names().get(0))
        .containsExactly("0p._indices", "0p._Q", "1p._indices", "1p._Q");
    assertThat(unit.links()).containsExactlyInAnyOrder(new Link(0, 2), new Link(1, 3));
    assertThat(unit.checks())
        .extracting(LutCheck::quantized, LutCheck::indices, check -> check.lut().storage().file())
        .containsExactly(tuple(1, 0, "file0"), tuple(3, 2, "file1"));
    assertThat(unit.members())
        .extracting(member -> member.entry().storage().file())
        .containsExactly("file0", "file0", "file1", "file1");
  }

  @Test
  void indicesOfAnotherShapeAreNotChecked() {
    List<CompareUnit> units = units(layer(0, SHAPE), layer(1, Shape.of(6, 4)));
    assertThat(units.stream().flatMap(unit -> unit.checks().stream())).hasSize(1);
    assertMembersAreMeasuredOnce(units, 6);
  }

  @Test
  void oneFileOnBothSidesOfAPairIsTwoCheckpoints() {
    CompareUnit unit = onlyUnitOfTheLayer(units(layer(0, SHAPE), layer(0, SHAPE)));
    assertThat(unit.members()).hasSize(4);
    assertThat(unit.links()).containsExactlyInAnyOrder(new Link(0, 2), new Link(1, 3));
  }

  @Test
  void aParentOfManyIsMeasuredOnce() {
    List<CheckpointIndex> checkpoints =
        IntStream.range(0, 40).mapToObj(i -> layer(i, SHAPE)).toList();
    List<CompareUnit> units = units(checkpoints.toArray(CheckpointIndex[]::new));
    assertThat(units.stream().flatMap(unit -> unit.checks().stream())).hasSize(40);
    assertThat(units.stream().flatMap(unit -> unit.links().stream())).hasSize(3 * 39);
    assertMembersAreMeasuredOnce(units, 120);
  }

  @Test
  void normsAreOfScalesAndCountsOfIndices() {
    List<CompareUnit> units =
        units(
            layer(0, SHAPE),
            new CheckpointIndex(
                "file1",
                "torch-zip",
                List.of(tensor("file1", "p.scale_A", DType.FLOAT32, SHAPE)),
                List.of()));
    Map<String, Set<Measure>> measures = new HashMap<>();
    units.stream()
        .flatMap(unit -> unit.members().stream())
        .forEach(member -> measures.put(member.names().get(0), member.measures()));
    assertThat(measures)
        .isEqualTo(
            Map.of(
                "p.lut", Set.of(Measure.FINGERPRINT),
                "p._Q", Set.of(Measure.FINGERPRINT),
                "p._indices", Set.of(Measure.FINGERPRINT, Measure.COUNTS),
                "p.scale_A", Set.of(Measure.FINGERPRINT, Measure.NORM)));
  }

  private static void assertMembersAreMeasuredOnce(List<CompareUnit> units, int count) {
    List<String> measured = new ArrayList<>();
    for (CompareUnit unit : units) {
      unit.members().stream()
          .filter(member -> member.measures().contains(Measure.FINGERPRINT))
          .forEach(member -> measured.add(member.checkpoint() + member.names().get(0)));
    }
    assertThat(measured).hasSize(count);
    assertThat(new HashSet<>(measured)).hasSize(count);
  }

  private static CompareUnit onlyUnitOfTheLayer(List<CompareUnit> units) {
    List<CompareUnit> found = units.stream().filter(unit -> !unit.checks().isEmpty()).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  // Each checkpoint but the first is the first one's child.
  private static List<CompareUnit> units(CheckpointIndex... checkpoints) {
    List<String> keys = IntStream.range(0, checkpoints.length).mapToObj(Integer::toString).toList();
    Map<String, CheckpointIndex> indexes = new HashMap<>();
    keys.forEach(key -> indexes.put(key, checkpoints[Integer.parseInt(key)]));
    List<Pair> pairs = keys.stream().skip(1).map(key -> new Pair("0", key)).toList();
    Group group = new Group(0, keys, Set.copyOf(keys), pairs);
    return ComparePlan.of(
        group,
        Set.of(Measure.FINGERPRINT, Measure.NORM, Measure.COUNTS),
        Set.of(),
        CategoryRules.DEFAULT,
        indexes,
        Map.of());
  }

  private static CheckpointIndex layer(int number, Shape indices) {
    String file = "file" + number;
    return new CheckpointIndex(
        file,
        "torch-zip",
        List.of(
            tensor(file, "p.lut", DType.FLOAT32, Shape.of(16)),
            tensor(file, "p._indices", DType.INT16, indices),
            tensor(file, "p._Q", DType.FLOAT32, SHAPE)),
        List.of());
  }

  private static TensorEntry tensor(String file, String name, DType dtype, Shape shape) {
    long bytes = shape.elements() * dtype.bytes();
    Storage storage = new Storage(file, name, 0, bytes, Storage.Order.LITTLE, Storage.UNVERIFIED);
    return TensorEntry.contiguous(name, dtype, shape, storage);
  }
}
