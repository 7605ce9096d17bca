package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;

/** Collects what a {@link RowCheck} finds, in ascending order. Not thread safe. */
final class CheckAccumulator {
  private final MismatchAccumulator others = new MismatchAccumulator();
  private Ulps rounded = Ulps.NONE;

  /** An element that is as recomputed, so many units in the last place off. */
  void within(double ulps) {
    rounded = rounded.plus(ulps);
  }

  /** An element that is another one than recomputed, which rounding allows. */
  void neighbour(double ulps) {
    rounded = rounded.another(ulps);
  }

  /** An element that is not as recomputed. */
  void other(long index, double value, double expected) {
    others.add(index, value, expected);
  }

  CheckResult result() {
    return new CheckResult(others.partial(), rounded);
  }
}
