package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class TestLut {
  private static final Lut FOUR = new Lut(-2, -0.5f, 0.5f, 2);

  @Test
  void findsTheIndexThatPyTorchFinds() {
    JsonNode golden = Goldens.read("requantize").get("nearest");
    Lut lut = Goldens.lut(golden.get("lut"));
    float[] points = Goldens.floats(golden.get("points"));
    for (int i = 0; i < points.length; i++) {
      assertThat(lut.nearest(points[i]))
          .as("nearest to %s", points[i])
          .isEqualTo(golden.get("indices").get(i).asInt());
    }
  }

  @Test
  void takesTheLowerIndexOfATie() {
    assertThat(FOUR.nearest(0)).isEqualTo(1);
    assertThat(FOUR.nearest(1.25f)).isEqualTo(2);
    assertThat(FOUR.nearest(Math.nextUp(1.25f))).isEqualTo(3);
  }

  @Test
  void holdsItsEntriesOnly() {
    for (float value : FOUR.values()) {
      assertThat(FOUR.contains(value)).isTrue();
      assertThat(FOUR.contains(Math.nextUp(value))).isFalse();
    }
    assertThat(FOUR.contains(Float.NaN)).isFalse();
    assertThat(new Lut(-0.0f, 1).contains(0.0f)).isTrue();
  }

  @Test
  void hasIndicesFromZeroToItsSize() {
    assertThat(FOUR.hasIndex(-1)).isFalse();
    assertThat(FOUR.hasIndex(0)).isTrue();
    assertThat(FOUR.hasIndex(3)).isTrue();
    assertThat(FOUR.hasIndex(4)).isFalse();
    assertThat(FOUR.hasIndex(1L << 32)).isFalse();
  }

  @Test
  void holdsEveryInvariantOfTheArchive() {
    for (var layer : Goldens.members(Goldens.read("archive").get("bakedFile"))) {
      Lut lut = Goldens.lut(layer.getValue().get("lut"));
      assertThat(lut.firstNotRising()).as(layer.getKey()).isEmpty();
      assertThat(lut.firstAsymmetric()).as(layer.getKey()).isEmpty();
      assertThat(lut.firstNotFloat16()).as(layer.getKey()).isEmpty();
    }
  }

  @Test
  void namesTheEntryThatBreaksAnInvariant() {
    assertThat(new Lut(-2, -0.5f, -0.5f, 2).firstNotRising()).hasValue(2);
    assertThat(new Lut(-2, Float.NaN, 0.5f, 2).firstNotRising()).hasValue(1);
    assertThat(new Lut(-2, -0.5f, 0.25f, 2).firstAsymmetric()).hasValue(1);
    assertThat(new Lut(-1, 0, 1).firstAsymmetric()).isEmpty();
    assertThat(new Lut(-1, 0.5f, 1).firstAsymmetric()).hasValue(1);
    assertThat(new Lut(-2, -0.5f, 0.5f, 2.0001f).firstNotFloat16()).hasValue(3);
    assertThat(new Lut(Float.NEGATIVE_INFINITY, 1).firstNotFloat16()).hasValue(0);
  }

  @Test
  void measuresItsLargestValueAndDifference() {
    assertThat(new Lut(-3, 2).maxAbs()).isEqualTo(3);
    assertThat(new Lut(-3, Float.NaN).maxAbs()).isNaN();
    assertThat(FOUR.maxDifference(new Lut(-2, -0.25f, 0.5f, 2))).isEqualTo(0.25f);
    assertThatThrownBy(() -> FOUR.maxDifference(new Lut(-1, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT size: 2, expected 4");
  }

  @Test
  void comparesByBits() {
    assertThat(new Lut(-1, 1)).isEqualTo(new Lut(-1, 1)).hasSameHashCodeAs(new Lut(-1, 1));
    assertThat(new Lut(-0.0f, 1)).isNotEqualTo(new Lut(0.0f, 1));
    assertThat(FOUR).hasToString("[-2.0, -0.5, 0.5, 2.0]");
  }

  @Test
  void keepsItsOwnCopy() {
    float[] values = {-1, 1};
    Lut lut = new Lut(values);
    values[0] = 5;
    lut.values()[1] = 5;
    assertThat(lut).isEqualTo(new Lut(-1, 1));
  }

  @Test
  void refusesSizesThatNoIndexReaches() {
    assertThatThrownBy(() -> new Lut(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT size: 1, expected 2 to 32768");
    assertThatThrownBy(() -> new Lut(new float[Lut.MAX_SIZE + 1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT size: 32769, expected 2 to 32768");
  }
}
