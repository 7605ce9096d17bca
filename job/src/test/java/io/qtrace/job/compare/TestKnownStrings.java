package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TestKnownStrings {
  @Test
  void namesThatComeBackAreHeldOnce() {
    Packed<List<String>> packed = Packed.of(List.of("model.layers.0.mlp.up_proj.lut"));
    assertThat(packed.value().get(0)).isSameAs(packed.value().get(0));
  }

  @Test
  void stringsOfOneHashStayApart() {
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    assertThat(List.of("Aa", "BB", "Aa").stream().map(KnownStrings::of))
        .containsExactly("Aa", "BB", "Aa");
    assertThat(KnownStrings.of(null)).isNull();
  }
}
