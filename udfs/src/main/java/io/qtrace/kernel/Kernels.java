package io.qtrace.kernel;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * Arithmetic over blocks of little-endian elements. Long work uses the Vector API where the JVM was
 * started with {@code --add-modules jdk.incubator.vector} on a processor with 256-bit vectors;
 * results are the same bits without.
 */
public final class Kernels {
  private Kernels() {}

  /** First byte in which two blocks' bytes in use differ, -1 if none; a shorter block ends. */
  public static int mismatch(Block left, Block right) {
    return left.bytes().mismatch(right.bytes());
  }

  /** CRC-32 (IEEE 802.3) of the block's bytes in use. */
  public static int crc32(Block block) {
    CRC32 crc = new CRC32();
    crc.update(block.bytes().duplicate());
    return (int) crc.getValue();
  }

  /** XXH3-128 with seed 0 of the block's bytes in use. */
  public static Digest128 xxh3(Block block) {
    return digest(
        Hashing.xxh3_128().hashBytesTo128Bits(block, 0, block.length(), AddressAccess.INSTANCE));
  }

  /** XXH3-128 with seed 0 of a few bytes. */
  public static Digest128 xxh3(byte[] bytes) {
    return digest(Hashing.xxh3_128().hashBytesTo128Bits(bytes));
  }

  /**
   * Compares the numbers of {@code count} elements. NaN equals NaN and -0 equals 0; integers and
   * complex components compare exactly, whatever the dtypes. The difference of two elements is
   * taken in float32, in float64 if either dtype is float64, complex or a 64-bit integer; that of
   * complex numbers is the modulus. Differences of 64-bit integers are exact where float64 holds
   * them, as it does not hold the integers.
   *
   * @param firstIndex index of the blocks' first element in the tensors, above those that {@code
   *     into} has seen
   */
  public static void diff(
      DType leftType,
      Block left,
      DType rightType,
      Block right,
      int count,
      long firstIndex,
      DiffAccumulator into) {
    requireElements(leftType, left, count, firstIndex);
    requireElements(rightType, right, count, firstIndex);
    Operands operands = new Operands(leftType, left, rightType, right, count, firstIndex);
    if (operands.both(Elements::fitFloat)) {
      FloatDiff.run(Forms.of(count), operands, into);
    } else if (operands.both(DType::isInteger)) {
      IntegerDiff.run(operands, into);
    } else {
      WideDiff.run(operands, into);
    }
    into.addElements(count);
  }

  /**
   * Statistics of {@code count} elements.
   *
   * @param firstIndex index of the block's first element in the tensor, above those that {@code
   *     into} has seen
   */
  public static void stats(
      DType dtype, Block block, int count, long firstIndex, StatsAccumulator into) {
    requireElements(dtype, block, count, firstIndex);
    if (Elements.fitFloat(dtype) && !dtype.isFloat()) {
      into.addInts(dtype, block, count, firstIndex);
    } else if (Elements.fitFloat(dtype)) {
      into.addFloats(Forms.of(count), dtype, block, count, firstIndex);
    } else {
      into.addWide(dtype, block.bytes(), count, firstIndex);
    }
  }

  /**
   * How often each index from 0 to 255 occurs among {@code count} elements.
   *
   * @param dtype of others than integers nothing is counted
   */
  public static CountsPartial counts(DType dtype, Block block, int count) {
    requireElements(dtype, block, count, 0);
    if (!dtype.isInteger()) {
      return count == 0 ? CountsPartial.NONE : CountsPartial.OUTSIDE;
    }
    Ints ints = new Ints(dtype, count);
    IndexCounter counter = new IndexCounter();
    for (Chunk chunk : Chunk.of(0, count)) {
      counter.add(ints.read(block, chunk).array(), chunk.count());
      if (counter.isOutside()) {
        break;
      }
    }
    return counter.partial();
  }

  /**
   * Sum of the squares of {@code count} elements in float64, in lanes as {@link LaneSum} has them;
   * of complex ones, of their moduli. A square is rounded to float64, beyond which it is infinite.
   *
   * @param firstIndex index of the block's first element in the tensor
   */
  public static ExactSum squares(DType dtype, Block block, int count, long firstIndex) {
    requireElements(dtype, block, count, firstIndex);
    Doubles doubles = new Doubles(Forms.of(count), dtype, count);
    LaneSum sum = new LaneSum();
    for (Chunk chunk : Chunk.of(firstIndex, count)) {
      double[] numbers = doubles.read(block, chunk);
      double[] lanes = sum.lanes(chunk.index());
      for (int i = 0; i < chunk.count(); i++) {
        lanes[(chunk.pad() + i) & (LaneSum.LANES - 1)] += numbers[i] * numbers[i];
      }
    }
    return sum.total();
  }

  /** How far {@code count} elements lie from their mean; of complex ones their moduli. */
  public static SpreadPartial spread(DType dtype, Block block, int count) {
    requireElements(dtype, block, count, 0);
    Doubles doubles = new Doubles(Forms.of(count), dtype, count);
    SpreadPartial spread = SpreadPartial.NONE;
    for (Chunk chunk : Chunk.of(0, count)) {
      double[] numbers = doubles.read(block, chunk);
      spread = spread.merge(SpreadPartial.of(numbers, chunk.count()));
    }
    return spread;
  }

  /**
   * Finds elements of a cast that are not the left number rounded to the right dtype, as PyTorch
   * rounds; to an 8-bit float nothing is rounded, so that only equal numbers agree.
   *
   * @param leftType a float dtype, and so is {@code rightType}
   * @param firstIndex as {@link #diff}
   */
  public static void cast(
      DType leftType,
      Block left,
      DType rightType,
      Block right,
      int count,
      long firstIndex,
      MismatchAccumulator into) {
    requireElements(leftType, left, count, firstIndex);
    requireElements(rightType, right, count, firstIndex);
    Doubles leftDoubles = new Doubles(Forms.of(count), leftType, count);
    Doubles rightDoubles = new Doubles(Forms.of(count), rightType, count);
    for (Chunk chunk : Chunk.of(firstIndex, count)) {
      double[] from = leftDoubles.read(left, chunk);
      double[] to = rightDoubles.read(right, chunk);
      for (int i = 0; i < chunk.count(); i++) {
        double expected = Rounding.of(rightType, from[i]);
        if (!Rounding.same(to[i], expected)) {
          into.add(chunk.index() + i, to[i], expected);
        }
      }
    }
  }

  /**
   * Checks {@code count} elements of a layer's {@code _Q} and {@code _indices}.
   *
   * @param firstIndex as {@link #diff}
   * @return whether every element of {@code _Q} is the LUT's entry at its index
   */
  public static boolean checkLut(
      Block quantized, Block indices, int count, long firstIndex, LutCheckAccumulator into) {
    return into.add(Forms.of(count), quantized, indices, count, firstIndex);
  }

  /**
   * Integers of a block, from its first byte.
   *
   * @param dtype an integer type
   * @param out filled; uint64 as the same 64 bits
   */
  public static void integers(DType dtype, Block block, long[] out) {
    Elements.toLongs(dtype, block.bytes(), 0, out.length, out);
  }

  /**
   * Elements of a block, from its first byte, as float32; those of float64 rounded.
   *
   * @param dtype a float or an integer type
   * @param at index of the first one in {@code out}
   */
  public static void floats(DType dtype, Block block, int count, float[] out, int at) {
    if (dtype == DType.FLOAT64) {
      for (int i = 0; i < count; i++) {
        out[at + i] = (float) Elements.real(dtype, block.bytes(), i);
      }
      return;
    }
    Widener widener = new Widener(Forms.of(count), dtype, count);
    for (Chunk chunk : Chunk.of(0, count)) {
      System.arraycopy(
          widener.widen(block, chunk), chunk.pad(), out, at + chunk.first(), chunk.count());
    }
  }

  /**
   * Elements of a block, from its first byte, as float64: real parts of complex ones, 64-bit
   * integers rounded to the nearest.
   *
   * @param out filled from its start
   */
  public static void doubles(DType dtype, Block block, int count, double[] out) {
    requireElements(dtype, block, count, 0);
    ByteBuffer bytes = block.bytes();
    for (int i = 0; i < count; i++) {
      out[i] = Elements.real(dtype, bytes, i);
    }
  }

  /** A few elements as float64; of complex ones the real part. */
  public static List<Double> values(DType dtype, Block block) {
    return values(dtype, block.bytes());
  }

  /** The same for the bytes from 0 to the limit, little endian. */
  public static List<Double> values(DType dtype, ByteBuffer bytes) {
    return IntStream.range(0, bytes.limit() / dtype.bytes())
        .mapToObj(i -> Elements.real(dtype, bytes, i))
        .toList();
  }

  static Digest128 digest(HashValue128 value) {
    return new Digest128(value.getMostSignificantBits(), value.getLeastSignificantBits());
  }

  private static void requireElements(DType dtype, Block block, int count, long firstIndex) {
    Objects.checkFromIndexSize(0, (long) count * dtype.bytes(), block.length());
    if (firstIndex < 0) {
      throw new IllegalArgumentException("Invalid index: " + firstIndex + ", expected 0 or more");
    }
  }
}
