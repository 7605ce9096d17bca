package io.qtrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.BlockFixtures;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TestKernels {
  // Goldens of Python's xxhash 4.0.1 and zlib.
  @ParameterizedTest
  @CsvSource({
    "0, 99aa06d3014798d86001c324468d497f, 00000000",
    "1, a6cd5e9392000f6ac44bdff4074eecdb, d202ef8d",
    "13, 239aa0187ab5a4a4050630ab48f75512, d47aa2c6",
    "207, 611eaf1c82283377755ec88ff76a4933, 2b580e70",
    "702, c2914e07908879ba31a669ca8181cdca, c9906523",
    "1048576, 490d2e4880066606e2786b358eab4a67, 4091419d",
    "1048577, a972b88ce5b0c59469f60194b251a8cf, b1441215",
    "3145733, eb8603261a201c1ef0361580f304bca4, 0d1497b1",
  })
  void hashesAreThoseOfOtherImplementations(int length, String xxh3, String crc32) {
    byte[] bytes = BlockFixtures.pattern(length);
    try (BlockAllocator memory = new BlockAllocator(64 << 20);
        Block block = BlockFixtures.block(memory, bytes)) {
      assertThat(Kernels.xxh3(block)).hasToString(xxh3);
      assertThat(Kernels.xxh3(bytes)).hasToString(xxh3);
      assertThat(Kernels.crc32(block)).isEqualTo(HexFormat.fromHexDigits(crc32));
      BlockHasher hasher = new BlockHasher();
      for (int i = 0; i < 2; i++) {
        hasher.update(block.slice(0, length / 3));
        hasher.update(block.slice(length / 3, length - length / 3));
        assertThat(hasher.digest()).hasToString(xxh3);
      }
    }
  }

  @Test
  void mismatchIsTheFirstOtherByte() {
    byte[] bytes = BlockFixtures.pattern(1000);
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block left = BlockFixtures.block(memory, bytes);
        Block right = BlockFixtures.block(memory, bytes)) {
      assertThat(Kernels.mismatch(left, right)).isEqualTo(-1);
      right.bytes().put(702, (byte) ~bytes[702]);
      assertThat(Kernels.mismatch(left, right)).isEqualTo(702);
      assertThat(Kernels.mismatch(left.resize(700), right)).isEqualTo(700);
    }
  }

  @Test
  void everyPairOfDtypesDiffersAsInTorch() throws IOException {
    try (BlockAllocator memory = new BlockAllocator(1 << 20)) {
      for (String[] words : TorchLines.read("pairs.txt")) {
        checkPair(memory, words);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "int64, 9007199254740993, int64, 9007199254740992, 1",
    "int64, -9007199254740993, int64, -9007199254740992, -1",
    "int64, 9223372036854775807, int64, 9223372036854775806, 1",
    "int64, 9223372036854775807, int64, -9223372036854775808, 18446744073709551616",
    "int64, -9223372036854775808, int64, 9223372036854775807, -18446744073709551616",
    "int64, 9223372036854775807, int64, -1, 9223372036854775808",
    "uint64, -1, uint64, -2, 1", // 2^64 - 1 and 2^64 - 2
    "uint64, 0, uint64, -1, -18446744073709551616",
    "uint64, -9223372036854775808, int64, 9223372036854775807, 1", // 2^63
    "uint64, -1, int64, -1, 18446744073709551616",
    "int64, 3, uint64, -1, -18446744073709551616",
    "int64, 9007199254740993, float64, 9007199254740992, 1",
    "float64, 9007199254740992, int64, 9007199254740993, -1",
    "int64, 9007199254740993, float64, 4503599627370496, 4503599627370497",
    "int64, 9007199254740993, int32, 1, 9007199254740992",
  })
  void integersOf64BitsDifferExactly(
      String left, BigDecimal a, String right, BigDecimal b, double difference) {
    DType leftType = DType.of(left).orElseThrow();
    DType rightType = DType.of(right).orElseThrow();
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block one = BlockFixtures.block(memory, bytes(leftType, a));
        Block other = BlockFixtures.block(memory, bytes(rightType, b))) {
      DiffAccumulator into = new DiffAccumulator();
      Kernels.diff(leftType, one, rightType, other, 1, 0, into);
      DiffPartial found = into.partial();
      assertThat(found.changed()).isEqualTo(1);
      assertThat(found.distinct()).containsExactly(difference);
      assertThat(found.maxAbs()).isEqualTo(Math.abs(difference));
    }
  }

  private static byte[] bytes(DType dtype, BigDecimal number) {
    ByteBuffer bytes = ByteBuffer.allocate(dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    switch (dtype) {
      case FLOAT64 -> bytes.putDouble(number.doubleValue());
      case FLOAT32 -> bytes.putFloat(number.floatValue());
      case INT64, UINT64 -> bytes.putLong(number.longValue());
      case INT16 -> bytes.putShort(number.shortValue());
      case INT8 -> bytes.put(number.byteValue());
      default -> bytes.putInt(number.intValue());
    }
    return bytes.array();
  }

  private static void checkPair(BlockAllocator memory, String[] words) {
    DType left = DType.of(words[0]).orElseThrow();
    DType right = DType.of(words[1]).orElseThrow();
    try (Block a = BlockFixtures.block(memory, HexFormat.of().parseHex(words[2]));
        Block b = BlockFixtures.block(memory, HexFormat.of().parseHex(words[3]))) {
      DiffAccumulator into = new DiffAccumulator();
      Kernels.diff(left, a, right, b, 12, 0, into);
      DiffPartial found = into.partial();
      String pair = String.join(" ", words);
      assertThat(found.elements()).isEqualTo(12);
      assertThat(found.changed()).as(pair).isEqualTo(Long.parseLong(words[4]));
      boolean complex = left.kind() == DType.Kind.COMPLEX || right.kind() == DType.Kind.COMPLEX;
      assertClose(found.maxAbs(), Double.valueOf(words[5]), complex ? 1e-15 : 0, pair);
      assertClose(found.sumAbs().value(), Double.valueOf(words[6]), 1e-15, pair);
      assertThat(found.firstChanged()).as(pair).isEqualTo(Long.parseLong(words[7]));
    }
  }

  private static void assertClose(double actual, Double expected, double relative, String pair) {
    if (Double.isFinite(expected)) {
      assertThat(actual).as(pair).isCloseTo(expected, Offset.offset(expected * relative));
    } else {
      assertThat(actual).as(pair).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({"float32, 0", "float16, 0", "bfloat16, 0.03125", "float64, 0"})
  void sumsAThousandDifferencesAsTorchDoes(String label, double rounding) {
    DType dtype = DType.of(label).orElseThrow();
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block a = sawtooth(memory, dtype, 7);
        Block b = sawtooth(memory, dtype, 11)) {
      DiffAccumulator into = new DiffAccumulator();
      Kernels.diff(dtype, a, dtype, b, 1000, 0, into);
      DiffPartial found = into.partial();
      assertThat(found.changed()).isEqualTo(999);
      assertThat(found.firstChanged()).isEqualTo(1);
      assertThat(found.maxAbs()).isEqualTo(14.28125 + rounding);
      assertThat(found.sumAbs().value()).isEqualTo(5260.34375 + rounding);
      assertThat(found.distinct()).isEmpty();
    }
  }

  @Test
  void signedDifferencesAreKeptUntilAHundredElementsChange() {
    byte[] zeros = new byte[400];
    for (int changed : new int[] {0, 99, 100}) {
      byte[] bytes = zeros.clone();
      for (int i = 0; i < changed; i++) {
        bytes[2 * i + 5] = (byte) (i % 2 == 0 ? -3 : 4);
      }
      try (BlockAllocator memory = new BlockAllocator(1 << 20);
          Block a = BlockFixtures.block(memory, zeros);
          Block b = BlockFixtures.block(memory, bytes)) {
        DiffAccumulator into = new DiffAccumulator();
        Kernels.diff(DType.INT8, a, DType.INT8, b, 400, 1000, into);
        DiffPartial found = into.partial();
        assertThat(found.changed()).isEqualTo(changed);
        assertThat(found.firstChanged()).isEqualTo(changed == 0 ? -1 : 1005);
        assertThat(found.distinct()).isEqualTo(changed == 99 ? List.of(-4.0, 3.0) : List.of());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyDtype")
  void partialsMergeInAnyOrderToTheWhole(DType dtype) {
    int count = 5 * LaneSum.LEAF_ELEMENTS + 7;
    int cut = 2 * LaneSum.LEAF_ELEMENTS;
    byte[] left = new byte[count * dtype.bytes()];
    byte[] right = new byte[count * dtype.bytes()];
    new Random(8).nextBytes(left);
    new Random(9).nextBytes(right);
    try (BlockAllocator memory = new BlockAllocator(16 << 20);
        Block a = BlockFixtures.block(memory, left);
        Block b = BlockFixtures.block(memory, right)) {
      DiffPartial whole = diff(dtype, a, b, 0, count);
      DiffPartial first = diff(dtype, a, b, 0, cut);
      DiffPartial rest = diff(dtype, a, b, cut, count);
      assertThat(first.merge(rest)).isEqualTo(whole).isEqualTo(rest.merge(first));
      StatsPartial stats = stats(dtype, a, 0, count);
      StatsPartial head = stats(dtype, a, 0, cut);
      StatsPartial tail = stats(dtype, a, cut, count);
      assertThat(head.merge(tail)).isEqualTo(stats).isEqualTo(tail.merge(head));
      ExactSum squares = squares(dtype, a, 0, count);
      assertThat(squares(dtype, a, 0, cut).plus(squares(dtype, a, cut, count))).isEqualTo(squares);
      CountsPartial counts = counts(dtype, a, 0, count);
      CountsPartial begin = counts(dtype, a, 0, cut);
      CountsPartial end = counts(dtype, a, cut, count);
      assertThat(begin.merge(end)).isEqualTo(counts).isEqualTo(end.merge(begin));
      assertThat(counts.outside()).isEqualTo(dtype != DType.UINT8 && dtype != DType.BOOL);
    }
  }

  @ParameterizedTest
  @MethodSource("everyDtype")
  void countsOfIndicesHaveTheirStatistics(DType dtype) {
    int count = LaneSum.LEAF_ELEMENTS + 11;
    Random random = new Random(12);
    long[] expected = new long[dtype == DType.BOOL ? 2 : 14];
    ByteBuffer bytes = ByteBuffer.allocate(count * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      int index = dtype == DType.BOOL ? i & 1 : 2 + random.nextInt(12);
      expected[index]++;
      bytes.put(i * dtype.bytes(), (byte) index);
    }
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block block = BlockFixtures.block(memory, bytes.array())) {
      CountsPartial found = counts(dtype, block, 0, count);
      if (dtype.isInteger()) {
        assertThat(found.counts())
            .containsExactly(LongStream.of(expected).boxed().toArray(Long[]::new));
        assertThat(found.stats()).contains(stats(dtype, block, 0, count));
      } else {
        assertThat(found.outside()).isTrue();
        assertThat(found.stats()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"int8, -1", "int16, 256", "int16, -32768", "int32, 65536", "int64, 4294967297"})
  void nothingIsCountedWhereAnElementIsNoIndex(String label, BigDecimal number) {
    DType dtype = DType.of(label).orElseThrow();
    byte[] bytes = new byte[9 * dtype.bytes()];
    byte[] one = bytes(dtype, number);
    System.arraycopy(one, 0, bytes, 7 * dtype.bytes(), dtype.bytes());
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block block = BlockFixtures.block(memory, bytes)) {
      assertThat(counts(dtype, block, 0, 7).counts()).containsExactly(7L);
      CountsPartial all = counts(dtype, block, 0, 9);
      assertThat(all.outside()).isTrue();
      assertThat(all.merge(counts(dtype, block, 0, 7))).isEqualTo(all);
      assertThat(CountsPartial.NONE.merge(all)).isEqualTo(all);
    }
  }

  /** As the README of this module says how a sum is made. */
  @Test
  void squaresAreAddedInLanesOfLeaves() {
    int count = 3 * LaneSum.LEAF_ELEMENTS + 5;
    Random random = new Random(13);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    BigDecimal total = BigDecimal.ZERO;
    double[] lanes = new double[8];
    for (int i = 0; i < count; i++) {
      float number = (float) random.nextGaussian();
      bytes.putFloat(4 * i, number);
      lanes[i % 8] += (double) number * number;
      if ((i + 1) % 16384 == 0 || i + 1 == count) {
        double leaf =
            ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
                + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        total = total.add(new BigDecimal(leaf));
        lanes = new double[8];
      }
    }
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block block = BlockFixtures.block(memory, bytes.array())) {
      assertThat(squares(DType.FLOAT32, block, 0, count).value()).isEqualTo(total.doubleValue());
    }
  }

  static Stream<DType> everyDtype() {
    return Stream.of(DType.values());
  }

  @Test
  void statisticsLeaveNanOutOfTheExtremes() {
    float[] numbers = {Float.NaN, -0f, 0f, 3.5f, Float.NEGATIVE_INFINITY, -2f, Float.MIN_VALUE};
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block block = BlockFixtures.block(memory, bytes.array())) {
      StatsPartial all = stats(DType.FLOAT32, block, 0, numbers.length);
      assertThat(all.min()).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(all.max()).isEqualTo(3.5);
      assertThat(all.sum().value()).isNaN();
      assertThat(List.of(all.nan(), all.inf(), all.zeros())).isEqualTo(List.of(1L, 1L, 2L));
    }
  }

  @Test
  void refusesMoreElementsThanABlockHas() {
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block block = memory.allocate(64)) {
      assertThatThrownBy(
              () ->
                  Kernels.diff(
                      DType.FLOAT32, block, DType.FLOAT64, block, 16, 0, new DiffAccumulator()))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> Kernels.stats(DType.INT8, block, 1, -1, new StatsAccumulator()))
          .hasMessage("Invalid index: -1, expected 0 or more");
    }
  }

  private static DiffPartial diff(DType dtype, Block a, Block b, int from, int to) {
    int bytes = (to - from) * dtype.bytes();
    DiffAccumulator into = new DiffAccumulator();
    Kernels.diff(
        dtype,
        a.slice(from * dtype.bytes(), bytes),
        dtype,
        b.slice(from * dtype.bytes(), bytes),
        to - from,
        from,
        into);
    return into.partial();
  }

  private static StatsPartial stats(DType dtype, Block block, int from, int to) {
    StatsAccumulator into = new StatsAccumulator();
    int bytes = (to - from) * dtype.bytes();
    Kernels.stats(dtype, block.slice(from * dtype.bytes(), bytes), to - from, from, into);
    return into.partial();
  }

  private static ExactSum squares(DType dtype, Block block, int from, int to) {
    int bytes = (to - from) * dtype.bytes();
    return Kernels.squares(dtype, block.slice(from * dtype.bytes(), bytes), to - from, from);
  }

  private static CountsPartial counts(DType dtype, Block block, int from, int to) {
    int bytes = (to - from) * dtype.bytes();
    return Kernels.counts(dtype, block.slice(from * dtype.bytes(), bytes), to - from);
  }

  // Element i is ((i factor) mod 1009 - 504) / 64, which all but bfloat16 hold exactly.
  private static Block sawtooth(BlockAllocator memory, DType dtype, int factor) {
    Block block = memory.allocate(1000 * dtype.bytes());
    for (int i = 0; i < 1000; i++) {
      float number = (i * factor % 1009 - 504) / 64f;
      int bits = Float.floatToIntBits(number);
      switch (dtype) {
        case FLOAT64 -> block.bytes().putDouble(8 * i, number);
        case FLOAT32 -> block.bytes().putFloat(4 * i, number);
        case FLOAT16 -> block.bytes().putShort(2 * i, half(number));
        case BFLOAT16 ->
            block.bytes().putShort(2 * i, (short) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
        default -> throw new AssertionError(dtype);
      }
    }
    return block;
  }

  private static short half(float number) {
    if (number == 0) {
      return 0;
    }
    int bits = Float.floatToIntBits(number);
    int exponent = Math.getExponent(number) + 15;
    return (short) (((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff));
  }

  @ParameterizedTest
  @CsvSource({
    "FLOAT16, 0.1, 0.0999755859375", "FLOAT16, 65519.9, 65504", "FLOAT16, 1e9, Infinity",
    "BFLOAT16, 0.1, 0.10009765625", "BFLOAT16, 1.00390625, 1", "BFLOAT16, 1.01171875, 1.015625",
    "BFLOAT16, 3.4e38, Infinity", "FLOAT32, 0.1, 0.10000000149011612", "FLOAT16, NaN, NaN",
  })
  void castsRoundAsPyTorch(DType dtype, double number, double rounded) {
    assertThat(Rounding.of(dtype, number)).isEqualTo(Double.valueOf(rounded));
  }

  @Test
  void findsElementsThatAreNotRounded() {
    float[] left = {0.1f, 0.2f, 2, 3};
    short[] right = {0x2e66, 0x3266, 0x4001, 0x4200}; // 0.1, 0.2, 2.001953125, 3
    ByteBuffer floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    floats.asFloatBuffer().put(left);
    ByteBuffer halves = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    halves.asShortBuffer().put(right);
    MismatchAccumulator found = new MismatchAccumulator();
    try (BlockAllocator memory = new BlockAllocator(1 << 20);
        Block from = BlockFixtures.block(memory, floats.array());
        Block to = BlockFixtures.block(memory, halves.array())) {
      Kernels.cast(DType.FLOAT32, from, DType.FLOAT16, to, 4, 100, found);
    }
    assertThat(found.partial()).isEqualTo(new Mismatches(1, 102, 2.001953125, 2));
  }
}
