package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestCanonical {
  @Test
  void givesOneInstanceForEqualValues() {
    Canonical<List<Integer>> known = new Canonical<>(4);
    List<Integer> first = List.of(1, 2);
    assertThat(known.of(first)).isSameAs(first);
    assertThat(known.of(List.of(1, 2))).isSameAs(first);
    assertThat(known.of(List.of(2, 1))).isEqualTo(List.of(2, 1));
    assertThat(known.of(null)).isNull();
  }

  @Test
  void givesEqualValuesHoweverManyThereAre() {
    Canonical<String> known = new Canonical<>(4);
    List<String> names = IntStream.range(0, 100).mapToObj(i -> "layer." + i).toList();
    for (int round = 0; round < 2; round++) {
      assertThat(names.stream().map(known::of)).isEqualTo(names);
    }
  }

  @Test
  void valuesOfOneHashStayApart() {
    Canonical<String> known = new Canonical<>(4);
    assertThat("Aa").hasSameHashCodeAs("BB");
    assertThat(Stream.of("Aa", "BB", "Aa").map(known::of)).containsExactly("Aa", "BB", "Aa");
  }

  @Test
  void namesOfTensorsThatAreReadAgainAreHeldOnce() {
    Packed<Sizes> packed = Packed.of(new Sizes(Map.of("layers.0.mlp.up_proj.lut", 16)));
    assertThat(name(packed)).isEqualTo("layers.0.mlp.up_proj.lut").isSameAs(name(packed));
  }

  private record Sizes(Map<String, Integer> byName) {}

  private static String name(Packed<Sizes> packed) {
    return packed.value().byName().keySet().iterator().next();
  }

  @Test
  void refusesSlotsThatAreNoPowerOfTwo() {
    assertThatThrownBy(() -> new Canonical<String>(3))
        .hasMessage("Invalid slots: 3, expected a power of two");
  }
}
