package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TestConversions {
  // CRC-32 of what torch makes of all 65536 patterns: little-endian float32, NaN as 7fc00000.
  private static final long TORCH_FLOAT16 = 0x3020c7a7L;
  private static final long TORCH_BFLOAT16 = 0x28c5ed34L;

  static Stream<FloatKernels> forms() {
    return Stream.of(new ScalarKernels(), new VectorKernels());
  }

  @ParameterizedTest
  @MethodSource("forms")
  void widensEveryFloat16Exactly(FloatKernels form) {
    float[] out = new float[65536];
    form.widenFloat16(allPatterns(), out, 0, 65536);
    assertThat(crc(out)).isEqualTo(TORCH_FLOAT16);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void widensEveryBfloat16Exactly(FloatKernels form) {
    float[] out = new float[65536];
    form.widenBfloat16(allPatterns(), out, 0, 65536);
    assertThat(crc(out)).isEqualTo(TORCH_BFLOAT16);
  }

  @Test
  void widensEveryFloat8AsTorchDoes() throws IOException {
    for (String[] words : TorchLines.read("float8.txt")) {
      float[] table = Float8.table(DType.of(words[0]).orElseThrow());
      for (int bits = 0; bits < 256; bits++) {
        assertThat(Float.floatToIntBits(table[bits]))
            .as("%s pattern %d", words[0], bits)
            .isEqualTo(HexFormat.fromHexDigits(words[1 + bits]));
      }
    }
  }

  @Test
  void roundsUnsignedIntegersToTheNearestFloat64() {
    assertThat(Elements.unsigned(-1)).isEqualTo(0x1p64);
    assertThat(Elements.unsigned(Long.MIN_VALUE + 1024)).isEqualTo(0x1p63);
    assertThat(Elements.unsigned(Long.MIN_VALUE + 1025)).isEqualTo(0x1p63 + 2048);
    assertThat(Elements.unsigned(7)).isEqualTo(7);
  }

  private static short[] allPatterns() {
    short[] patterns = new short[65536];
    for (int i = 0; i < 65536; i++) {
      patterns[i] = (short) i;
    }
    return patterns;
  }

  private static long crc(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      bytes.putInt(Float.floatToIntBits(number)); // one NaN
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.array());
    return crc.getValue();
  }
}
