package io.qtrace.kernel;

import io.qtrace.tensor.DType;
import java.util.Arrays;

/**
 * Elements of two integer dtypes: equal or not by their 64 bits; left - right in float64 if one
 * side has 64 bits, else in float32. Differences of 64-bit integers are exact where float64 holds
 * them, as it does not hold the integers: 2^53 + 1 and 2^53 differ by 1.
 */
final class IntegerDiff {
  private static final long DOUBLE_HOLDS = 1L << 53;

  private IntegerDiff() {}

  static void run(Operands operands, DiffAccumulator into) {
    boolean wide = operands.either(Elements::isLong);
    boolean leftUnsigned = operands.leftType() == DType.UINT64;
    boolean rightUnsigned = operands.rightType() == DType.UINT64;
    long[] left = new long[Chunk.longest(operands.count())];
    long[] right = new long[Chunk.longest(operands.count())];
    for (Chunk chunk : Chunk.of(operands.firstIndex(), operands.count())) {
      Elements.toLongs(
          operands.leftType(), operands.left().bytes(), chunk.first(), chunk.count(), left);
      Elements.toLongs(
          operands.rightType(), operands.right().bytes(), chunk.first(), chunk.count(), right);
      if (leftUnsigned == rightUnsigned
          && Arrays.equals(left, 0, chunk.count(), right, 0, chunk.count())) {
        continue;
      }
      for (int i = 0; i < chunk.count(); i++) {
        long a = left[i];
        long b = right[i];
        if (a != b || (leftUnsigned != rightUnsigned && a < 0)) {
          double x = leftUnsigned ? Elements.unsigned(a) : a;
          double y = rightUnsigned ? Elements.unsigned(b) : b;
          into.add(chunk.index() + i, wide ? doubles(a, x, b, y) : (float) a - (float) b);
        }
      }
    }
  }

  // Whatever the signs, 64 bits hold a difference that is less than 2^63, and doubles show whether
  // it is: they are off by 2^11 at most.
  private static double doubles(long a, double x, long b, double y) {
    long exact = a - b;
    boolean holds = Math.abs(x - y) < 2 * DOUBLE_HOLDS && Math.abs(exact) <= DOUBLE_HOLDS;
    return holds ? exact : x - y;
  }
}
