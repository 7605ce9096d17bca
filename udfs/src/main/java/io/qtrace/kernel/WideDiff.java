package io.qtrace.kernel;

import io.qtrace.tensor.DType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;

/**
 * Elements of any two dtypes. Equal or not by their exact numbers; |left - right| in float64 if one
 * side is float64, complex or a 64-bit integer, else in float32. Where float64 does not hold a
 * 64-bit integer, a difference that it does hold is still exact.
 */
final class WideDiff {
  private static final double EXACT_BELOW = 0x1p53;

  private WideDiff() {}

  static void run(Operands operands, DiffAccumulator into) {
    DType leftType = operands.leftType();
    DType rightType = operands.rightType();
    ByteBuffer left = operands.left().bytes();
    ByteBuffer right = operands.right().bytes();
    boolean complex = operands.either(type -> type.kind() == DType.Kind.COMPLEX);
    boolean wide = operands.either(type -> type == DType.FLOAT64 || Elements.isLong(type));
    for (int i = 0; i < operands.count(); i++) {
      double a = Elements.real(leftType, left, i);
      double b = Elements.real(rightType, right, i);
      double ai = Elements.imaginary(leftType, left, i);
      double bi = Elements.imaginary(rightType, right, i);
      if (same(a, b)
          && same(ai, bi)
          && exact(leftType, left, i, b)
          && exact(rightType, right, i, a)) {
        continue;
      }
      long index = operands.firstIndex() + i;
      if (complex) {
        into.add(index, Math.hypot(a - b, ai - bi));
      } else {
        into.add(index, wide ? difference(operands, i, a, b) : (float) a - (float) b);
      }
    }
  }

  private static double difference(Operands operands, int i, double a, double b) {
    boolean rounded =
        operands.either(Elements::isLong)
            && Math.abs(a - b) < EXACT_BELOW
            && Math.max(Math.abs(a), Math.abs(b)) >= EXACT_BELOW;
    return rounded
        ? exact(operands.leftType(), operands.left().bytes(), i)
            .subtract(exact(operands.rightType(), operands.right().bytes(), i))
            .doubleValue()
        : a - b;
  }

  // A finite real number, of few digits where it is near one of 64 bits.
  private static BigDecimal exact(DType dtype, ByteBuffer bytes, int i) {
    if (!Elements.isLong(dtype)) {
      return new BigDecimal(Elements.real(dtype, bytes, i));
    }
    long bits = bytes.getLong(i * Long.BYTES);
    return new BigDecimal(dtype == DType.INT64 ? Long.toString(bits) : Long.toUnsignedString(bits));
  }

  private static boolean same(double a, double b) {
    return a == b || (Double.isNaN(a) && Double.isNaN(b));
  }

  // Whether element i of the bytes, known to round to `number`, is that number.
  private static boolean exact(DType dtype, ByteBuffer bytes, int i, double number) {
    if (!Elements.isLong(dtype)) {
      return true;
    }
    long integer = bytes.getLong(i * Long.BYTES);
    if (dtype == DType.INT64) {
      return number < 0x1p63 && (long) number == integer;
    }
    // Halves fit a signed integer; the last bit of a number from 2^63 on is 0.
    return integer >= 0
        ? number < 0x1p63 && (long) number == integer
        : number < 0x1p64 && (integer & 1) == 0 && (long) (number / 2) == integer >>> 1;
  }
}
