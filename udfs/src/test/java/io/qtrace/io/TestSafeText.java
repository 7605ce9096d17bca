package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSafeText {
  @Test
  void namesOfLayersStayAsTheyAre() {
    String name = "model.layers.0.mlp.down_proj._Q [a-b] 'é層' 😀";
    assertThat(SafeText.of(name)).isEqualTo(name);
  }

  @Test
  void linesAndEscapesOfTerminalsAreWrittenOut() {
    assertThat(SafeText.of("a\nb\r\tc\u001b[31m\u0007\u009b\u007f"))
        .isEqualTo("a\\nb\\r\\tc\\u001b[31m\\u0007\\u009b\\u007f");
  }

  @ParameterizedTest
  @CsvSource({
    "202e", "2066", "200b", "200f", "feff", "2028", "2029", "00a0", "3000", "e000", "0378"
  })
  void whatHidesOrReordersIsWrittenOut(String hex) {
    String text = Character.toString(Integer.parseInt(hex, 16));
    assertThat(SafeText.of("a" + text + "b")).isEqualTo("a\\u" + hex + "b");
  }

  @Test
  void tagsAndHalvesOfPairsAreWrittenOut() {
    assertThat(SafeText.of("\udb40\udc41")).isEqualTo("\\U000e0041");
    assertThat(SafeText.of("x\ud83d")).isEqualTo("x\\ud83d");
  }

  @Test
  void longTextsAreCutWithTheirLength() {
    assertThat(SafeText.cut("a\n")).isEqualTo("a\\n");
    assertThat(SafeText.cut("x".repeat(400_000)))
        .isEqualTo("x".repeat(200) + "... (400000 characters)");
  }

  @Test
  void differentTextsStayDifferent() {
    assertThat(SafeText.of("a\\nb")).isEqualTo("a\\\\nb").isNotEqualTo(SafeText.of("a\nb"));
  }

  @Test
  void quotesCannotBeClosedFromWithin() {
    assertThat(SafeText.quoted("")).isEqualTo("''");
    assertThat(SafeText.quoted("a'b\\'\n")).isEqualTo("'a\\'b\\\\\\'\\n'");
  }

  @Test
  void quotesHoldTwoHundredCharactersOfAnyWidth() {
    String fits = "😀".repeat(200);
    assertThat(SafeText.quoted(fits)).isEqualTo("'" + fits + "'");
    assertThat(SafeText.quoted(fits + "x")).isEqualTo("'" + fits + "...'");
    assertThat(SafeText.quoted("\n".repeat(1 << 20))).isEqualTo("'" + "\\n".repeat(200) + "...'");
  }
}
