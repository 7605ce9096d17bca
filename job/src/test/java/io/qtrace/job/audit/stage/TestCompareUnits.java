package io.qtrace.job.audit.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.LutCheck;
import io.qtrace.compare.Measure;
import io.qtrace.job.audit.stage.CompareUnit.Link;
import io.qtrace.job.audit.stage.CompareUnit.Member;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TestCompareUnits {
  private static final Shape SHAPE = Shape.of(4, 6);

  @Test
  void aLayersQuantizedValuesAndIndicesAreReadTogether() {
    CompareUnit unit = onlyUnitOfTheLayer(units(layer(0, SHAPE), layer(1, SHAPE)));
    assertThat(unit.members())
        .extracting(member -> member.checkpoint() + member.names().get(0))
        .containsExactly("0p._Q", "0p._indices", "1p._Q", "1p._indices");
    assertThat(unit.pairs()).containsExactly(new Link(0, 0, 2), new Link(0, 1, 3));
    assertThat(unit.checks())
        .extracting(LutCheck::quantized, LutCheck::indices)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(0, 1), org.assertj.core.groups.Tuple.tuple(2, 3));
    assertThat(unit.checkpoints("file1")).contains(1).doesNotContain(0);
  }

  @Test
  void whatIsLeftWithoutACheckpointKeepsItsCheck() {
    CompareUnit unit = onlyUnitOfTheLayer(units(layer(0, SHAPE), layer(1, SHAPE)));
    CompareUnit left = unit.without(Set.of(0)).orElseThrow();
    assertThat(left.members()).extracting(Member::checkpoint).containsExactly(1, 1);
    assertThat(left.pairs()).isEmpty();
    assertThat(left.checks()).containsExactly(new LutCheck(0, 1, unit.checks().get(1).lut()));
  }

  @Test
  void indicesOfAnotherShapeAreNotChecked() {
    List<CompareUnit> units = units(layer(0, SHAPE), layer(1, Shape.of(6, 4)));
    assertThat(units.stream().flatMap(unit -> unit.checks().stream())).hasSize(1);
    assertMembersAreOnce(units, 6);
  }

  @Test
  void oneFileOnBothSidesOfAPairIsTwoCheckpoints() {
    CompareUnit unit = onlyUnitOfTheLayer(units(layer(0, SHAPE), layer(0, SHAPE)));
    assertThat(unit.members()).hasSize(4);
    assertThat(unit.pairs()).containsExactly(new Link(0, 0, 2), new Link(0, 1, 3));
  }

  @Test
  void manyCheckpointsTakeSeveralUnitsAndAreMeasuredOnce() {
    List<CheckpointIndex> checkpoints =
        IntStream.range(0, 40).mapToObj(i -> layer(i, SHAPE)).toList();
    List<CompareUnit> units = units(checkpoints.toArray(CheckpointIndex[]::new));
    assertThat(units).allMatch(unit -> unit.members().size() <= 32);
    assertThat(units.stream().flatMap(unit -> unit.checks().stream())).hasSize(40);
    assertThat(units.stream().flatMap(unit -> unit.pairs().stream())).hasSize(3 * 39);
    assertMembersAreOnce(units, 120);
  }

  private static void assertMembersAreOnce(List<CompareUnit> units, int count) {
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
    List<CompareInput.Pair> pairs =
        IntStream.range(1, checkpoints.length).mapToObj(i -> new CompareInput.Pair(0, i)).toList();
    List<Map<String, TensorFacts>> known =
        IntStream.range(0, checkpoints.length)
            .mapToObj(i -> Map.<String, TensorFacts>of())
            .toList();
    return CompareUnits.of(
        new CompareInput(
            List.of(checkpoints),
            Collections.nCopies(checkpoints.length, List.of()),
            pairs,
            known,
            Set.of(Measure.FINGERPRINT)));
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
