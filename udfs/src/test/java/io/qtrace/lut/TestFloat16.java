package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class TestFloat16 {
  private static final JsonNode GOLDEN = Goldens.read("float16");
  private static final int PATTERNS = 1 << 16;

  @Test
  void everyPatternHasPyTorchsValue() {
    ByteBuffer values = ByteBuffer.allocate(PATTERNS * Float.BYTES);
    for (int bits = 0; bits < PATTERNS; bits++) {
      float value = Float16.value((short) bits);
      values.putInt(Float.floatToIntBits(value)); // one NaN for all
    }
    assertThat(Goldens.sha256(values)).isEqualTo(GOLDEN.get("values").asText());
  }

  @Test
  void everyPatternSurvivesTheRoundTrip() {
    for (int bits = 0; bits < PATTERNS; bits++) {
      float value = Float16.value((short) bits);
      int expected = Float.isNaN(value) ? bits | 0x200 : bits; // quieted
      assertThat(Float16.bits(value) & 0xffff).as("pattern %04x", bits).isEqualTo(expected);
      assertThat(Float16.isExact(value)).isEqualTo(Float.isFinite(value));
    }
  }

  @Test
  void roundsFloat32AsPyTorchTiesIncluded() {
    assertThat(digestOf(x -> Float16.bits(x))).isEqualTo(GOLDEN.get("bits").asText());
  }

  @Test
  void clampsBeforeRoundingAsTheRecipeDoes() {
    assertThat(digestOf(x -> Float16.bits(Float16.round(x))))
        .isEqualTo(GOLDEN.get("rounded").asText());
    assertThat(Float16.round(1e9f)).isEqualTo(Float16.MAX_VALUE);
    assertThat(Float16.round(Float.NEGATIVE_INFINITY)).isEqualTo(-Float16.MAX_VALUE);
    assertThat(Float16.round(Float.NaN)).isNaN();
  }

  @Test
  void stepsToTheNeighboursThatPyTorchNames() {
    assertThat(digestOfPatterns(bits -> Float16.nextUp(Float16.value((short) bits))))
        .isEqualTo(GOLDEN.get("up").asText());
    assertThat(digestOfPatterns(bits -> Float16.nextDown(Float16.value((short) bits))))
        .isEqualTo(GOLDEN.get("down").asText());
  }

  @Test
  void refusesWhatFloat16CannotHold() {
    assertThat(Float16.isExact(0.1f)).isFalse();
    assertThat(Float16.isExact(0x1p-25f)).isFalse();
    assertThat(Float16.isExact(65536)).isFalse();
    assertThat(Float16.isExact(0x1p-24f)).isTrue();
    assertThat(Float16.isExact(-0.0f)).isTrue();
  }

  private interface ToBits {
    short of(float x);
  }

  /** Over all float32 patterns with 20 leading bits and 12 zero bits, and their two neighbours. */
  private static String digestOf(ToBits conversion) {
    ByteBuffer all = ByteBuffer.allocate(3 * (1 << 20) * Short.BYTES);
    for (int neighbour = -1; neighbour <= 1; neighbour++) {
      for (int word = 0; word < 1 << 20; word++) {
        all.putShort(withOneNan(conversion.of(Float.intBitsToFloat((word << 12) + neighbour))));
      }
    }
    return Goldens.sha256(all);
  }

  private static String digestOfPatterns(IntFunction<Float> step) {
    ByteBuffer all = ByteBuffer.allocate(PATTERNS * Short.BYTES);
    for (int bits = 0; bits < PATTERNS; bits++) {
      all.putShort(withOneNan(Float16.bits(step.apply(bits))));
    }
    return Goldens.sha256(all);
  }

  private static short withOneNan(short bits) {
    return (bits & 0x7fff) > 0x7c00 ? (short) 0x7e00 : bits;
  }
}
