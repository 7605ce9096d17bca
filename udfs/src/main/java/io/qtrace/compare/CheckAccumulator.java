package io.qtrace.compare;

import io.qtrace.kernel.MismatchAccumulator;

/** Collects what a {@link RowCheck} finds, in ascending order. Not thread safe. */
final class CheckAccumulator {
  private final MismatchAccumulator others = new MismatchAccumulator();
  private Ulps rounded = Ulps.NONE;

  /** An element that agrees within rounding, off by a number of units in the last place. */
  void within(double ulps) {
    rounded = rounded.plus(ulps);
  }

  /** An element that differs from the recomputed one, which rounding allows. */
  void neighbour(double ulps) {
    rounded = rounded.another(ulps);
  }

  /** An element that differs from the recomputed one. */
  void other(long index, double value, double expected) {
    others.add(index, value, expected);
  }

  CheckResult result() {
    return new CheckResult(others.partial(), rounded);
  }
}
