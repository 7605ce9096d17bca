package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.BlockFixtures;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestLutCheckAccumulator {
  private static final List<Double> LUT =
      DoubleStream.of(
              -2,
              -1,
              -0.1,
              -0x1p-140,
              -0.0,
              0x1p-24,
              0.1,
              1,
              2,
              Double.NaN,
              Double.POSITIVE_INFINITY)
          .boxed()
          .toList();
  private static final long INDEX = 16_381;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
  void findsWhatALookAtEachElementFinds(DType quantizedType) {
    for (DType indexType : DType.values()) {
      if (!indexType.isInteger()) {
        continue;
      }
      for (int count : new int[] {0, 1, 13, 4097}) {
        try (BlockAllocator memory = new BlockAllocator(1 << 20);
            Block indices = indices(memory, indexType, count);
            Block quantized = quantized(memory, quantizedType, indexType, indices, count)) {
          LutCheckAccumulator found = new LutCheckAccumulator(quantizedType, indexType, LUT);
          boolean right = found.add(new ScalarKernels(), quantized, indices, count, INDEX);
          LutCheckPartial expected =
              looked(quantizedType, quantized, indexType, indices, count, INDEX);
          assertThat(found.partial())
              .as("%s, %s, %d", quantizedType, indexType, count)
              .isEqualTo(expected);
          assertThat(right).isEqualTo(expected.holds());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1.001f, Float.NaN, -0f, 0x1p-140f, Float.NEGATIVE_INFINITY})
  void equalDeviationsCountEachTime(float drifted) {
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block indices = BlockFixtures.block(memory, new byte[300]);
        Block quantized = BlockFixtures.block(memory, new byte[1200])) {
      for (int i = 0; i < 300; i++) {
        indices.bytes().put(i, (byte) (i % 2 == 0 ? 1 : 7));
        quantized.bytes().putFloat(4 * i, i % 3 == 0 ? drifted : i % 2 == 0 ? -1 : 1);
      }
      LutCheckAccumulator found = new LutCheckAccumulator(DType.FLOAT32, DType.UINT8, LUT);
      found.add(new ScalarKernels(), quantized, indices, 300, 0);
      assertThat(found.partial())
          .isEqualTo(looked(DType.FLOAT32, quantized, DType.UINT8, indices, 300, 0));
      assertThat(found.partial().stale().count()).isEqualTo(100);
    }
  }

  @Test
  void blocksThatAreKnownToBeRightCount() {
    LutCheckAccumulator found = new LutCheckAccumulator(DType.FLOAT32, DType.UINT8, LUT);
    found.addRight(7);
    assertThat(found.partial())
        .isEqualTo(new LutCheckPartial(7, Mismatches.NONE, Mismatches.NONE, Mismatches.NONE, 0));
  }

  /** The same from the definitions, an element at a time. */
  private static LutCheckPartial looked(
      DType quantizedType,
      Block quantized,
      DType indexType,
      Block indices,
      int count,
      long firstIndex) {
    List<Double> entries = new ArrayList<>();
    LUT.forEach(entry -> entries.add(Rounding.of(quantizedType, entry)));
    MismatchAccumulator outside = new MismatchAccumulator();
    MismatchAccumulator offGrid = new MismatchAccumulator();
    MismatchAccumulator stale = new MismatchAccumulator();
    double maxStale = 0;
    for (int i = 0; i < count; i++) {
      double value = Elements.real(quantizedType, quantized.bytes(), i);
      double place = Elements.real(indexType, indices.bytes(), i);
      boolean inside = place >= 0 && place < entries.size();
      double expected = inside ? entries.get((int) place) : Double.NaN;
      if (!inside) {
        outside.add(firstIndex + i, place, expected);
      } else if (!Rounding.same(value, expected)) {
        stale.add(firstIndex + i, value, expected);
        maxStale = Math.max(maxStale, Math.abs(value - expected));
      }
      if (entries.stream().noneMatch(entry -> Rounding.same(entry, value))) {
        offGrid.add(firstIndex + i, value, expected);
      }
    }
    return new LutCheckPartial(
        count, outside.partial(), offGrid.partial(), stale.partial(), maxStale);
  }

  // Most are entries of the table; some are not, and some are any bits.
  private static Block indices(BlockAllocator memory, DType dtype, int count) {
    byte[] bytes = new byte[count * dtype.bytes()];
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      bytes[i * dtype.bytes()] = (byte) random.nextInt(LUT.size() + (i > 5 ? 1 : 0));
      if (random.nextInt(100) == 0) {
        bytes[(i + 1) * dtype.bytes() - 1] = (byte) random.nextInt();
      }
    }
    return BlockFixtures.block(memory, bytes);
  }

  // Most are the table's entries at their index; others are another entry, drifted, or any bits.
  private static Block quantized(
      BlockAllocator memory, DType dtype, DType indexType, Block indices, int count) {
    byte[] bytes = new byte[count * dtype.bytes()];
    Random random = new Random(count + 1);
    random.nextBytes(bytes);
    Block block = BlockFixtures.block(memory, bytes);
    byte[] table = LutTable.of(dtype, floats()).bytes();
    for (int i = 0; i < count; i++) {
      double place = Elements.real(indexType, indices.bytes(), i);
      int kind = random.nextInt(10);
      int entry = kind == 0 ? random.nextInt(LUT.size()) : (int) place;
      if (kind < 8 && entry >= 0 && entry < LUT.size()) {
        block.bytes().put(i * dtype.bytes(), table, entry * dtype.bytes(), dtype.bytes());
      }
      if (kind == 1) { // the last bit of the significand
        int at = i * dtype.bytes();
        block.bytes().put(at, (byte) (block.bytes().get(at) ^ 1));
      }
    }
    return block;
  }

  private static float[] floats() {
    float[] floats = new float[LUT.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = LUT.get(i).floatValue();
    }
    return floats;
  }
}
