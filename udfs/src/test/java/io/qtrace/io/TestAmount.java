package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestAmount {
  @Test
  void usesThePluralUnlessThereIsOne() {
    assertThat(Amount.of(0, "finding")).isEqualTo("0 findings");
    assertThat(Amount.of(1, "finding")).isEqualTo("1 finding");
    assertThat(Amount.of(2, "finding")).isEqualTo("2 findings");
    assertThat(Amount.of(2, "entry")).isEqualTo("2 entries");
  }

  @Test
  void agreesWithTheWholeOfWhichItIsAPart() {
    assertThat(Amount.of(1, 14, "layer")).isEqualTo("1 of 14 layers");
    assertThat(Amount.of(1, 1, "layer")).isEqualTo("1 of 1 layer");
  }
}
