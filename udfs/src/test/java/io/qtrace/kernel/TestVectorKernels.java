package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.BlockFixtures;
import io.qtrace.tensor.DType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestVectorKernels {
  private static final List<DType> FLOATS =
      List.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT8_E5M2, DType.INT16);
  private static final long INDEX = 16381; // not a lane's first, and just before a leaf's end

  private final FloatKernels scalar = new ScalarKernels();
  private final FloatKernels vector = new VectorKernels();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 207, 702, (1 << 20) + 3})
  void differencesAreTheScalarOnesBitForBit(int count) {
    for (DType left : FLOATS) {
      for (DType right : FLOATS) {
        try (BlockAllocator memory = new BlockAllocator(64 << 20);
            Block a = randomBits(memory, left, count, 1);
            Block b = randomBits(memory, right, count, 2)) {
          if (left == right && count > 2) {
            int equal = count / 2 * left.bytes();
            b.bytes().put(0, a.bytes(), 0, equal);
          }
          Operands operands = new Operands(left, a, right, b, count, INDEX);
          assertThat(diff(vector, operands))
              .as("%s against %s", left, right)
              .isEqualTo(diff(scalar, operands));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 207, 702, (1 << 20) + 3})
  void finiteDifferencesAreTheScalarOnesBitForBit(int count) {
    try (BlockAllocator memory = new BlockAllocator(64 << 20);
        Block a = randomNumbers(memory, count, 3);
        Block b = randomNumbers(memory, count, 4)) {
      Operands operands = new Operands(DType.FLOAT32, a, DType.FLOAT32, b, count, INDEX);
      DiffPartial expected = diff(scalar, operands);
      assertThat(diff(vector, operands)).isEqualTo(expected);
      assertThat(expected.maxAbs()).isFinite();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 207, 702, (1 << 20) + 3})
  void statisticsAreTheScalarOnesBitForBit(int count) {
    try (BlockAllocator memory = new BlockAllocator(64 << 20);
        Block finite = randomNumbers(memory, count, 5)) {
      assertThat(stats(vector, DType.FLOAT32, finite, count))
          .isEqualTo(stats(scalar, DType.FLOAT32, finite, count));
      for (DType dtype : FLOATS) {
        try (Block any = randomBits(memory, dtype, count, 6)) {
          assertThat(stats(vector, dtype, any, count))
              .as(dtype.label())
              .isEqualTo(stats(scalar, dtype, any, count));
        }
      }
    }
  }

  private static DiffPartial diff(FloatKernels form, Operands operands) {
    DiffAccumulator into = new DiffAccumulator();
    FloatDiff.run(form, operands, into);
    into.addElements(operands.count());
    return into.partial();
  }

  private static StatsPartial stats(FloatKernels form, DType dtype, Block block, int count) {
    StatsAccumulator into = new StatsAccumulator();
    into.addFloats(form, dtype, block, count, INDEX);
    return into.partial();
  }

  private static Block randomBits(BlockAllocator memory, DType dtype, int count, long seed) {
    byte[] bytes = new byte[count * dtype.bytes()];
    new Random(seed).nextBytes(bytes);
    return BlockFixtures.block(memory, bytes);
  }

  private static Block randomNumbers(BlockAllocator memory, int count, long seed) {
    Block block = BlockFixtures.block(memory, new byte[4 * count]);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(4);
      float number = kind == 0 ? -0f : kind == 1 ? 1f : (float) random.nextGaussian() * 1e-3f;
      block.bytes().putFloat(4 * i, number);
    }
    return block;
  }
}
