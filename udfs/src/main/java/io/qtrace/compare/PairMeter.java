package io.qtrace.compare;

import io.qtrace.kernel.DeviationAccumulator;
import io.qtrace.kernel.DiffAccumulator;
import io.qtrace.kernel.Kernels;
import io.qtrace.tensor.DType;

/** Compares two members block by block: bytes first, numbers only from the first other byte on. */
final class PairMeter {
  private final MemberMeter left;
  private final MemberMeter right;
  private final DiffAccumulator diff = new DiffAccumulator();
  private final DeviationAccumulator misrounded = new DeviationAccumulator();
  private boolean identical;

  PairMeter(MemberMeter left, MemberMeter right) {
    this.left = left;
    this.right = right;
    this.identical = left.tensor().dtype() == right.tensor().dtype();
  }

  /** Compares the members' blocks; whether their dtypes and bytes are the same. */
  boolean compare(long index, int count) {
    DType dtype = left.tensor().dtype();
    if (dtype != right.tensor().dtype()) {
      diffFrom(0, index, count);
      if (isCast()) {
        Kernels.cast(
            dtype, left.block(), right.tensor().dtype(), right.block(), count, index, misrounded);
      }
      return false;
    }
    int mismatch = Kernels.mismatch(left.block(), right.block());
    if (mismatch < 0) {
      diff.addElements(count);
      return true;
    }
    identical = false;
    diffFrom(mismatch / dtype.bytes(), index, count);
    return false;
  }

  PairPartial partial() {
    return new PairPartial(identical, diff.partial(), misrounded.partial());
  }

  private boolean isCast() {
    return left.tensor().dtype().kind() == DType.Kind.FLOAT
        && right.tensor().dtype().kind() == DType.Kind.FLOAT;
  }

  private void diffFrom(int equal, long index, int count) {
    diff.addElements(equal);
    int leftFrom = equal * left.tensor().dtype().bytes();
    int rightFrom = equal * right.tensor().dtype().bytes();
    Kernels.diff(
        left.tensor().dtype(),
        left.block().slice(leftFrom, left.block().length() - leftFrom),
        right.tensor().dtype(),
        right.block().slice(rightFrom, right.block().length() - rightFrom),
        count - equal,
        index + equal,
        diff);
  }
}
