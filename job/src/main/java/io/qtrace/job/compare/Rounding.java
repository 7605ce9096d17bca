package io.qtrace.job.compare;

import io.qtrace.compare.TensorStats;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;

/** Decides from statistics whether one tensor may be another of the same shape, cast. */
final class Rounding {
  private static final double SUM_UNIT = 0x1p-46;

  private Rounding() {}

  /**
   * Whether the child's numbers may be the parent's in another dtype that does not hold them all.
   */
  static boolean isLikely(TensorFacts parent, TensorFacts child) {
    if (!isNarrower(parent.dtype(), child.dtype())) {
      return false;
    }
    double unit = unit(child.dtype());
    for (int i = 0; i < Math.min(parent.values().size(), child.values().size()); i++) {
      if (!isRounded(parent.values().get(i), child.values().get(i), child.dtype())) {
        return false;
      }
    }
    double largest = Math.max(Math.abs(parent.stats().min()), Math.abs(parent.stats().max()));
    return parent.stats().nan() == child.stats().nan()
        && isRounded(parent.stats().min(), child.stats().min(), child.dtype())
        && isRounded(parent.stats().max(), child.stats().max(), child.dtype())
        && !(Math.abs(parent.stats().sum() - child.stats().sum())
            > unit * largest * parent.shape().elements());
  }

  // Of the two 16-bit floats, bfloat16 is less precise and float16 has a smaller range.
  private static boolean isNarrower(DType before, DType after) {
    boolean floats = before.isFloat() && after.isFloat() && after != before;
    return after.bytes() < before.bytes() || (floats && after.bytes() == before.bytes());
  }

  /**
   * Whether the child's numbers may be the very same in a float dtype of more bytes, or in another
   * integer dtype of no fewer.
   */
  static boolean isWidened(TensorFacts parent, TensorFacts child) {
    TensorStats before = parent.stats();
    TensorStats after = child.stats();
    double largest = Math.max(Math.abs(before.min()), Math.abs(before.max()));
    return isWider(parent.dtype(), child.dtype())
        && parent.indexCounts().equals(child.indexCounts())
        && parent.values().equals(child.values())
        && before.min() == after.min() // not of tensors that were not read
        && before.max() == after.max()
        && before.nan() == after.nan()
        && before.inf() == after.inf()
        && before.zeros() == after.zeros()
        && !(Math.abs(before.sum() - after.sum()) // of as many numbers in another order
            > SUM_UNIT * largest * parent.shape().elements());
  }

  private static boolean isWider(DType before, DType after) {
    if (before.isFloat() && after.isFloat()) {
      return after.bytes() > before.bytes();
    }
    return before.isInteger()
        && after.isInteger()
        && after != before
        && after.bytes() >= before.bytes();
  }

  // Directly, or via the other 16-bit dtype.
  private static boolean isRounded(double value, double rounded, DType dtype) {
    return isCast(value, rounded, dtype)
        || (dtype == DType.BFLOAT16 && isCast(cast(value, DType.FLOAT16), rounded, dtype))
        || (dtype == DType.FLOAT16 && isCast(cast(value, DType.BFLOAT16), rounded, dtype));
  }

  // Tools of the recipe clamp to what float16 holds.
  private static boolean isCast(double value, double rounded, DType dtype) {
    double exact = cast(value, dtype);
    return Double.compare(exact, rounded) == 0
        || exact == rounded
        || (dtype == DType.FLOAT16
            && Double.isInfinite(exact)
            && Math.abs(rounded) == Float16.MAX_VALUE);
  }

  private static double cast(double value, DType dtype) {
    return io.qtrace.kernel.Rounding.of(dtype, value);
  }

  // Maximum relative error of rounding to a dtype; 0 for integers.
  private static double unit(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> 0x1p-24;
      case FLOAT16 -> 0x1p-11;
      case BFLOAT16 -> 0x1p-8;
      default -> 0;
    };
  }
}
