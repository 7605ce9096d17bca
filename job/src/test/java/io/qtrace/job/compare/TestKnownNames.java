package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TestKnownNames {
  @Test
  void namesThatComeBackAreHeldOnce() {
    Packed<Sizes> packed = Packed.of(new Sizes(Map.of("layers.0.mlp.up_proj.lut", 16)));
    assertThat(name(packed)).isEqualTo("layers.0.mlp.up_proj.lut").isSameAs(name(packed));
  }

  private record Sizes(Map<String, Integer> byName) {}

  private static String name(Packed<Sizes> packed) {
    return packed.value().byName().keySet().iterator().next();
  }

  @Test
  void namesOfOneHashStayApart() {
    assertThat("Aa").hasSameHashCodeAs("BB");
    assertThat(Stream.of("Aa", "BB", "Aa").map(KnownNames::of)).containsExactly("Aa", "BB", "Aa");
    assertThat(KnownNames.of(null)).isNull();
  }
}
