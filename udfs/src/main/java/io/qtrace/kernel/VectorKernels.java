package io.qtrace.kernel;

import static io.qtrace.kernel.LaneSum.LANES;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The form for processors with vectors of 256 bits or more. Chunks with an infinity or NaN, which
 * are rare, and ends that do not fill all lanes are left to the plain form.
 *
 * <p>A vector that a loop carries over must have one species for its element type in all loops: the
 * compiler of JDK 17 goes by the profile there, and puts vectors on the heap where it saw two.
 */
final class VectorKernels implements FloatKernels {
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;
  private static final VectorSpecies<Integer> WIDE_INTS = IntVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_128;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_128;
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_256;
  private static final int HALF = LANES / 2;
  private static final int INFINITY = 0x7f800000;

  // As in Float16.value.
  private static final short FLOAT16_INFINITY = 0x7c00;
  private static final int SIGN_AND_MAGNITUDE = 0x8fffe000; // of the sign-extended bits << 13
  private static final float RESCALE = 0x1p112f;

  private final FloatKernels scalar = new ScalarKernels();

  /** Whether this processor runs the form faster than the plain one. */
  static boolean isFast() {
    return DoubleVector.SPECIES_PREFERRED.length() >= DOUBLES.length();
  }

  @Override
  public void widenFloat16(short[] in, float[] out, int from, int to) {
    ShortVector greatest = ShortVector.zero(SHORTS);
    int i = from;
    for (; i + LANES <= to; i += LANES) {
      ShortVector halves = ShortVector.fromArray(SHORTS, in, i);
      greatest = greatest.max(halves.and(Short.MAX_VALUE));
      widen(halves)
          .lanewise(VectorOperators.LSHL, 13)
          .and(SIGN_AND_MAGNITUDE)
          .reinterpretAsFloats()
          .mul(RESCALE)
          .intoArray(out, i);
    }
    boolean finite = greatest.reduceLanes(VectorOperators.MAX) < FLOAT16_INFINITY;
    scalar.widenFloat16(in, out, finite ? i : from, to);
  }

  @Override
  public void widenBfloat16(short[] in, float[] out, int from, int to) {
    int i = from;
    for (; i + LANES <= to; i += LANES) {
      widen(ShortVector.fromArray(SHORTS, in, i))
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(out, i);
    }
    scalar.widenBfloat16(in, out, i, to);
  }

  @Override
  public ChunkDiff diff(float[] left, float[] right, int from, int to, double[] lanes) {
    int head = Math.min(to, ceil(from));
    int body = Math.max(head, floor(to));
    return scalar
        .diff(left, right, from, head, lanes)
        .plus(diffAligned(left, right, head, body, lanes))
        .plus(scalar.diff(left, right, body, to, lanes));
  }

  @Override
  public ChunkStats stats(float[] numbers, int from, int to, double[] lanes) {
    int head = Math.min(to, ceil(from));
    int body = Math.max(head, floor(to));
    return scalar
        .stats(numbers, from, head, lanes)
        .plus(statsAligned(numbers, head, body, lanes))
        .plus(scalar.stats(numbers, body, to, lanes));
  }

  private ChunkDiff diffAligned(float[] left, float[] right, int from, int to, double[] lanes) {
    DoubleVector lowSum = DoubleVector.fromArray(DOUBLES, lanes, 0);
    DoubleVector highSum = DoubleVector.fromArray(DOUBLES, lanes, HALF);
    IntVector max = IntVector.zero(INTS);
    IntVector changed = IntVector.zero(INTS);
    for (int i = from; i < to; i += LANES) {
      FloatVector low = difference(left, right, i);
      FloatVector high = difference(left, right, i + HALF);
      lowSum = lowSum.add(low.convertShape(VectorOperators.F2D, DOUBLES, 0));
      highSum = highSum.add(high.convertShape(VectorOperators.F2D, DOUBLES, 0));
      IntVector lowBits = magnitude(low);
      IntVector highBits = magnitude(high);
      max = max.max(lowBits).max(highBits);
      changed = changed.add(lowBits.min(1)).add(highBits.min(1));
    }
    int maxBits = max.reduceLanes(VectorOperators.MAX);
    if (maxBits >= INFINITY) {
      return scalar.diff(left, right, from, to, lanes);
    }
    lowSum.intoArray(lanes, 0);
    highSum.intoArray(lanes, HALF);
    return new ChunkDiff(changed.reduceLanes(VectorOperators.ADD), Float.intBitsToFloat(maxBits));
  }

  private ChunkStats statsAligned(float[] numbers, int from, int to, double[] lanes) {
    DoubleVector lowSum = DoubleVector.fromArray(DOUBLES, lanes, 0);
    DoubleVector highSum = DoubleVector.fromArray(DOUBLES, lanes, HALF);
    FloatVector min = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    IntVector magnitude = IntVector.zero(INTS);
    IntVector nonzero = IntVector.zero(INTS);
    for (int i = from; i < to; i += LANES) {
      FloatVector low = FloatVector.fromArray(FLOATS, numbers, i);
      FloatVector high = FloatVector.fromArray(FLOATS, numbers, i + HALF);
      lowSum = lowSum.add(low.convertShape(VectorOperators.F2D, DOUBLES, 0));
      highSum = highSum.add(high.convertShape(VectorOperators.F2D, DOUBLES, 0));
      min = min.min(low).min(high);
      max = max.max(low).max(high);
      IntVector lowBits = magnitude(low);
      IntVector highBits = magnitude(high);
      magnitude = magnitude.max(lowBits).max(highBits);
      nonzero = nonzero.add(lowBits.min(1)).add(highBits.min(1));
    }
    if (magnitude.reduceLanes(VectorOperators.MAX) >= INFINITY) {
      return scalar.stats(numbers, from, to, lanes);
    }
    lowSum.intoArray(lanes, 0);
    highSum.intoArray(lanes, HALF);
    return new ChunkStats(
        min.reduceLanes(VectorOperators.MIN),
        max.reduceLanes(VectorOperators.MAX),
        0,
        0,
        to - from - nonzero.reduceLanes(VectorOperators.ADD));
  }

  // |left - right| is 0 exactly where the numbers are equal: float32 underflows gradually.
  private static FloatVector difference(float[] left, float[] right, int i) {
    return FloatVector.fromArray(FLOATS, left, i)
        .sub(FloatVector.fromArray(FLOATS, right, i))
        .abs();
  }

  // The bits without the sign, which a NaN may keep even in abs: ordered as the magnitudes.
  private static IntVector magnitude(FloatVector numbers) {
    return numbers.reinterpretAsInts().and(Integer.MAX_VALUE);
  }

  // Sign extended to 32 bits.
  private static IntVector widen(ShortVector patterns) {
    return (IntVector) patterns.convertShape(VectorOperators.S2I, WIDE_INTS, 0);
  }

  private static int ceil(int index) {
    return floor(index + LANES - 1);
  }

  private static int floor(int index) {
    return index & -LANES;
  }
}
