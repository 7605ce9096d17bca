package io.qtrace.job.operations;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A tensor in memory, and what qtrace measures of it, computed naively.
 *
 * @param values as the dtype holds them, in C order
 */
public record ArrayTensor(DType dtype, Shape shape, double[] values) {
  private static final int KEPT_VALUES = 64;
  private static final int KEPT_DIFFERENCES = 100;

  public ArrayTensor {
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(
          "Invalid tensor: %d values, expected %s".formatted(values.length, shape));
    }
    values = Arrays.stream(values).map(value -> round(dtype, value)).toArray();
  }

  public static ArrayTensor of(float[] values, long... sizes) {
    return new ArrayTensor(DType.FLOAT32, Shape.of(sizes), doubles(values));
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** The nearest number of a dtype, ties to even. */
  static double round(DType dtype, double value) {
    return switch (dtype) {
      case FLOAT16 -> Float16.value(Float16.bits((float) value));
      case BFLOAT16 -> bfloat16((float) value);
      case FLOAT32 -> (float) value;
      default -> value;
    };
  }

  private static float bfloat16(float value) {
    if (Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  /** The same numbers in another dtype, rounded. */
  public ArrayTensor as(DType other) {
    return new ArrayTensor(other, shape, values);
  }

  /** The same with one element replaced. */
  public ArrayTensor with(int index, double value) {
    double[] changed = values.clone();
    changed[index] = value;
    return new ArrayTensor(dtype, shape, changed);
  }

  /** The same with one element moved to the next greater number that the dtype holds. */
  public ArrayTensor nudged(int index) {
    double value = values[index];
    double next =
        switch (dtype) {
          case FLOAT32 -> Math.nextUp((float) value);
          case FLOAT16 -> Float16.nextUp((float) value);
          case BFLOAT16 -> nextBfloat16((float) value);
          case FLOAT64 -> Math.nextUp(value);
          default -> value + 1;
        };
    return with(index, next);
  }

  private static float nextBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value + 0f); // no negative zero
    return Float.intBitsToFloat(bits < 0 ? bits - 0x10000 : bits + 0x10000);
  }

  public float[] floats() {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  public boolean isSame(ArrayTensor other) {
    return dtype == other.dtype && shape.equals(other.shape) && Arrays.equals(values, other.values);
  }

  public boolean isFloat() {
    return dtype.isFloat();
  }

  TensorFacts facts(String name, Category category) {
    List<Double> kept =
        values.length <= KEPT_VALUES ? Arrays.stream(values).boxed().toList() : List.of();
    return new TensorFacts(name, category, dtype, shape, fingerprint(), stats(), kept);
  }

  private TensorStats stats() {
    double[] numbers = Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
    return new TensorStats(
        Arrays.stream(numbers).min().orElse(Double.NaN),
        Arrays.stream(numbers).max().orElse(Double.NaN),
        Arrays.stream(values).sum(),
        values.length - numbers.length,
        Arrays.stream(values).filter(Double::isInfinite).count(),
        Arrays.stream(values).filter(value -> value == 0).count(),
        IntStream.range(0, values.length)
            .filter(i -> !Double.isFinite(values[i]))
            .findFirst()
            .orElse((int) TensorStats.NO_INDEX));
  }

  // Equal for equal dtypes and bits, which is all that comparisons need of it.
  private String fingerprint() {
    ByteBuffer bytes = ByteBuffer.allocate(16 + Double.BYTES * values.length);
    bytes.put(Arrays.copyOf(dtype.label().getBytes(StandardCharsets.UTF_8), 16));
    Arrays.stream(values).forEach(bytes::putDouble);
    try {
      byte[] digest = MessageDigest.getInstance("MD5").digest(bytes.array());
      return "x1:" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether two numbers are equal; NaN equals NaN. */
  static boolean isSame(double one, double other) {
    return one == other || (Double.isNaN(one) && Double.isNaN(other));
  }

  /** How a child's tensor of the same shape differs. */
  TensorDiff diff(String name, ArrayTensor child) {
    if (fingerprint().equals(child.fingerprint())) {
      return TensorDiff.identical(name, values.length);
    }
    boolean cast = dtype != child.dtype && isFloat() && child.isFloat();
    long changed = 0;
    long first = -1;
    double max = 0;
    double sum = 0;
    TreeSet<Double> distinct = new TreeSet<>();
    Mismatches misrounded = Mismatches.NONE;
    for (int i = 0; i < values.length; i++) {
      double found = child.values[i];
      double expected = round(child.dtype, values[i]);
      if (!isSame(values[i], found)) {
        first = changed++ == 0 ? i : first;
        max = Math.max(max, Math.abs(values[i] - found));
        sum += Math.abs(values[i] - found);
        distinct.add(values[i] - found);
      }
      if (cast && !isSame(found, expected)) {
        misrounded = misrounded.merge(new Mismatches(1, i, found, expected));
      }
    }
    List<Double> differences = changed < KEPT_DIFFERENCES ? List.copyOf(distinct) : List.of();
    return new TensorDiff(
        name,
        changed == 0 ? TensorStatus.EQUAL : TensorStatus.CHANGED,
        new DiffStats(values.length, changed, max, sum, first, differences),
        misrounded);
  }
}
