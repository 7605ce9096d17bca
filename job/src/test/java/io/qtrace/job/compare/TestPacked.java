package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.TensorDiff;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.kernel.Mismatches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestPacked {
  private enum Status {
    DIRECT,
    // Of a class of its own.
    REJECTED {
      @Override
      public String toString() {
        return "rejected";
      }
    }
  }

  private record ParentEvidence(Status says, Optional<EdgeKind> kind, List<String> steps) {}

  /** As an audit plans an edge. */
  private record Planned(
      EdgeEnds ends, String run, Status status, List<String> evidence, ParentEvidence weights) {}

  private record Numbers(
      long large,
      int small,
      double real,
      float single,
      boolean flag,
      short brief,
      Long boxed,
      Double nothing,
      String text) {}

  private record Vector(float[] numbers) {}

  private static <T> T unpacked(T value) {
    return Packed.of(value).value();
  }

  private static void assertSurvives(Object value) {
    assertThat(unpacked(value)).isEqualTo(value);
  }

  @Test
  void factsOfACheckpointSurvive() {
    for (ArrayCheckpoint model :
        List.of(
            Layers.initial(),
            Layers.trained(Layers.initial(), 51),
            Layers.initial().with(Layers.MLP.quantized(), 3, Double.NaN).without(Layers.NORM),
            new ArrayCheckpoint(Map.of()))) {
      CheckpointFacts facts = model.facts();
      CheckpointFacts found = unpacked(facts);
      assertThat(found).isEqualTo(facts);
      assertThat(found.tensors().keySet())
          .containsExactlyElementsOf(facts.tensors().keySet()); // in the file's order
      assertThat(found.layers().keySet()).containsExactlyElementsOf(facts.layers().keySet());
    }
  }

  @Test
  void recordsWithRecordsEnumsAndOptionalsSurvive() {
    EdgeEnds ends = new EdgeEnds("1", "2", "a/b.pt", "a/c\u202e.pt");
    assertSurvives(
        new Planned(
            ends,
            "a",
            Status.DIRECT,
            List.of("declared", "weights"),
            new ParentEvidence(
                Status.REJECTED, Optional.of(new EdgeKind("train")), List.of("one", "two"))));
    assertSurvives(
        new Planned(
            ends,
            "",
            Status.REJECTED,
            List.of(),
            new ParentEvidence(null, Optional.empty(), List.of())));
    assertSurvives(new Planned(null, null, null, null, null));
    assertSurvives(Optional.of(Optional.empty()));
    assertSurvives(Optional.of(List.of(Optional.of(ends), Optional.empty())));
  }

  @Test
  void numbersSurviveToTheBit() {
    assertSurvives(
        new Numbers(
            Long.MIN_VALUE,
            Integer.MIN_VALUE,
            -0.0,
            Float.MIN_VALUE,
            true,
            (short) -1,
            Long.MAX_VALUE,
            null,
            null));
    assertSurvives(
        new Numbers(
            -1, -1, Double.NaN, Float.NaN, false, (short) 7, null, -0.0, "\u0000\ud83d\ude00"));
    assertSurvives(new Mismatches(3, 1L << 40, Double.NEGATIVE_INFINITY, Double.NaN));
  }

  @Test
  void arraysOfFloatsSurviveToTheBit() {
    float[] numbers = {0, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, 3.5f};
    assertThat(unpacked(new Vector(numbers)).numbers()).containsExactly(numbers);
    assertThat(unpacked(new Vector(new float[0])).numbers()).isEmpty();
    assertThat(unpacked(new Vector(null)).numbers()).isNull();
  }

  @Test
  void immutableListsSurviveAndStayImmutable() {
    for (List<?> list :
        List.of(
            List.of(),
            List.of(1),
            List.of("a", "b"),
            List.of(1L, 2.0, "c"),
            List.of(1, 2, 3, 4).subList(1, 3),
            IntStream.range(0, 1000).boxed().toList(),
            Stream.of("a").toList(),
            Stream.empty().toList(),
            List.copyOf(new ArrayList<>(List.of("x"))),
            Collections.unmodifiableList(new ArrayList<>(List.of(1, 2))),
            Collections.emptyList(),
            Collections.singletonList(1),
            Arrays.asList(1, null, 3),
            new ArrayList<>(List.of(List.of(), List.of(List.of(1)))))) {
      assertSurvives(list);
    }
    assertThat(unpacked(List.of(1, 2, 3))).isUnmodifiable();
  }

  @Test
  void listsThatHoldNullSurvive() {
    List<String> list = Stream.of("a", null, "b").toList();
    assertThat(unpacked(list)).containsExactly("a", null, "b");
    List<String> nothing = Stream.of((String) null).toList();
    assertThat(unpacked(nothing)).containsExactly((String) null);
  }

  @Test
  void immutableSetsSurvive() {
    assertSurvives(Set.of());
    assertSurvives(Set.of(1));
    assertSurvives(Set.of("a", "b", "c"));
    assertSurvives(new LinkedHashSet<>(List.of(3, 1, 2)));
  }

  @Test
  void immutableMapsSurvive() {
    assertSurvives(Map.of());
    assertSurvives(Map.of("a", 1));
    assertSurvives(Map.of("a", List.of(1), "b", List.of()));
    assertSurvives(Map.copyOf(new TreeMap<>(Map.of("a", 1, "b", 2, "c", 3))));
    assertSurvives(Map.of(new EdgeKind("train"), Map.of(Status.REJECTED, Optional.empty())));
    assertThat(unpacked(Map.of(1, 2))).isUnmodifiable();
  }

  @Test
  void unmodifiableMapsKeepTheirOrder() {
    Map<String, Integer> ordered = new LinkedHashMap<>();
    for (int i = 40; i > 0; i--) {
      ordered.put("key" + (i * 7919 % 41), i);
    }
    Map<String, Integer> found = unpacked(Collections.unmodifiableMap(ordered));
    assertThat(found).isEqualTo(ordered).isUnmodifiable();
    assertThat(found.keySet()).containsExactlyElementsOf(ordered.keySet());
    ordered.put("none", null);
    assertSurvives(Collections.unmodifiableMap(ordered));
  }

  @Test
  void diffsAndComparisonsSurvive() {
    ArrayCheckpoint parent = Layers.initial();
    CheckpointFacts facts = parent.facts();
    Map<String, TensorDiff> diffs = new LinkedHashMap<>();
    facts
        .tensors()
        .forEach(
            (name, tensor) ->
                diffs.put(name, TensorDiff.identical(name, tensor.shape().elements())));
    assertSurvives(diffs);
    assertSurvives(PairComparison.measured(facts, facts, diffs));
    assertSurvives(PairComparison.ofFacts(facts, Layers.trained(parent, 52).facts()).tensors());
  }

  @Test
  void aValueIsMadeAgainOnEachCall() {
    Packed<List<String>> packed = Packed.of(new ArrayList<>(List.of("a")));
    packed.value().add("b");
    assertThat(packed.value()).containsExactly("a");
  }

  // Driver and shuffle hold these: a tensor's facts are its name, fingerprint and a few numbers.
  @Test
  void factsOfATensorTakeFewBytes() {
    ArrayCheckpoint model = new ArrayCheckpoint(Map.of());
    for (int i = 0; i < 1000; i++) {
      model = add(model, "model.layers.%d.self_attn.q_proj.weight".formatted(i));
    }
    byte[] bytes = Packed.of(model.facts()).bytes();
    assertThat(bytes.length).isLessThan(1000 * 300);
  }

  private static ArrayCheckpoint add(ArrayCheckpoint model, String name) {
    return model.with(name, ArrayTensor.of(new float[100], 10, 10));
  }
}
