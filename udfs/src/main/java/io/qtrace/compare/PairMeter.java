package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.kernel.DiffAccumulator;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.MismatchAccumulator;
import io.qtrace.tensor.DType;

/**
 * Compares two members piece by piece: bytes first, numbers only from the first different byte on.
 */
final class PairMeter {
  private final DType leftType;
  private final DType rightType;
  private final DiffAccumulator diff = new DiffAccumulator();
  private final MismatchAccumulator misrounded = new MismatchAccumulator();
  private boolean identical;

  PairMeter(DType leftType, DType rightType) {
    this.leftType = leftType;
    this.rightType = rightType;
    this.identical = leftType == rightType;
  }

  /** Compares the members' pieces; whether their dtypes and bytes are the same. */
  boolean compare(Block left, Block right, long index, int count) {
    if (leftType != rightType) {
      diffFrom(0, left, right, index, count);
      if (isCast()) {
        Kernels.cast(leftType, left, rightType, right, count, index, misrounded);
      }
      return false;
    }
    int mismatch = Kernels.mismatch(left, right);
    if (mismatch < 0) {
      diff.addElements(count);
      return true;
    }
    identical = false;
    diffFrom(mismatch / leftType.bytes(), left, right, index, count);
    return false;
  }

  PairPartial partial() {
    return new PairPartial(identical, diff.partial(), misrounded.partial());
  }

  private boolean isCast() {
    return leftType.isFloat() && rightType.isFloat();
  }

  private void diffFrom(int equal, Block left, Block right, long index, int count) {
    diff.addElements(equal);
    Kernels.diff(
        leftType,
        from(left, equal * leftType.bytes()),
        rightType,
        from(right, equal * rightType.bytes()),
        count - equal,
        index + equal,
        diff);
  }

  private static Block from(Block block, int first) {
    return first == 0 ? block : block.slice(first, block.length() - first);
  }
}
