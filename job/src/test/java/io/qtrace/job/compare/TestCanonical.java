package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
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
  void refusesSlotsThatAreNoPowerOfTwo() {
    assertThatThrownBy(() -> new Canonical<String>(3))
        .hasMessage("Invalid slots: 3, expected a power of two");
  }
}
