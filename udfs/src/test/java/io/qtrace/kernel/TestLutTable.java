package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestLutTable {
  private static final float[] VALUES = {-1, -0.1f, 0.1f, 1};

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 4096, 4097, 10_000})
  void everyIndexGetsItsEntry(int count) {
    ByteBuffer indices = ByteBuffer.allocate(count * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      indices.putShort(i * Short.BYTES, (short) random.nextInt(VALUES.length));
    }
    byte[] out = new byte[count * Float.BYTES];
    assertThat(LutTable.of(DType.FLOAT32, VALUES).lookUp(DType.INT16, indices, count, out))
        .isEqualTo(count);
    ByteBuffer written = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      assertThat(written.getFloat(i * Float.BYTES))
          .isEqualTo(VALUES[indices.getShort(i * Short.BYTES)]);
    }
  }

  @Test
  void stopsAtTheFirstIndexOutside() {
    LutTable table = LutTable.of(DType.FLOAT16, VALUES);
    byte[] out = new byte[3 * Short.BYTES];
    assertThat(table.lookUp(DType.UINT8, ByteBuffer.wrap(new byte[] {3, 0, 4}), 3, out))
        .isEqualTo(2);
    assertThat(table.lookUp(DType.INT8, ByteBuffer.wrap(new byte[] {3, -1, 4}), 3, out))
        .isEqualTo(1);
  }

  @Test
  void otherDtypesAreRefused() {
    assertThatThrownBy(() -> LutTable.of(DType.INT8, VALUES))
        .hasMessage("Unsupported dtype: int8, expected float64, float32, float16 or bfloat16");
  }
}
