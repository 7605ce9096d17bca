package io.qtrace.job.audit.parents;

import io.qtrace.job.lineage.TensorRow;
import io.qtrace.tensor.DType;

/** What became of a tensor from a possible parent to a child. */
enum Relation {
  /** The same dtype, shape and bytes. */
  SAME,
  /** The same numbers, rounded where need be, in a dtype of fewer bytes. */
  NARROWED,
  CHANGED,
  ADDED,
  REMOVED;

  private static final double LEAST_FLOAT16 = 0x1p-24;

  /** Of two rows of one name, of which one may be null. */
  static Relation of(TensorRow parent, TensorRow child) {
    if (parent == null) {
      return ADDED;
    }
    if (child == null) {
      return REMOVED;
    }
    if (!parent.shape().equals(child.shape())) {
      return CHANGED;
    }
    if (parent.dtype().equals(child.dtype())) {
      return parent.fingerprint().equals(child.fingerprint()) ? SAME : CHANGED;
    }
    return child.bytes() < parent.bytes() && isRounded(parent, child) ? NARROWED : CHANGED;
  }

  private static boolean isRounded(TensorRow parent, TensorRow child) {
    double unit = unit(child.dtype());
    for (int i = 0; i < Math.min(parent.values().size(), child.values().size()); i++) {
      if (!isNear(parent.values().get(i), child.values().get(i), unit)) {
        return false;
      }
    }
    double largest = Math.max(Math.abs(parent.min()), Math.abs(parent.max()));
    return parent.nan() == child.nan()
        && isNear(parent.min(), child.min(), unit)
        && isNear(parent.max(), child.max(), unit)
        && !(Math.abs(parent.sum() - child.sum()) > unit * largest * parent.elements());
  }

  private static boolean isNear(double value, double rounded, double unit) {
    return Double.compare(value, rounded) == 0
        || Math.abs(value - rounded) <= Math.max(unit * Math.abs(value), LEAST_FLOAT16);
  }

  // The most that rounding into a dtype moves a number, relative; 0 for integers.
  private static double unit(String dtype) {
    return switch (DType.of(dtype).orElseThrow()) {
      case FLOAT32 -> 0x1p-24;
      case FLOAT16 -> 0x1p-11;
      case BFLOAT16 -> 0x1p-8;
      default -> 0;
    };
  }
}
