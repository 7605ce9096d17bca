package io.qtrace.job.compare;

import io.qtrace.compare.RangeTask;

/**
 * A range of a unit, in a slice that one task reads.
 *
 * @param order of the parts of a slice: neighbours in a file follow each other
 * @param from first element
 * @param to after the last element
 */
record SlicePart(int order, CompareUnit unit, long from, long to) {
  RangeTask task() {
    return unit.task(from, to);
  }

  /**
   * Number of pairs of tensors that count as compared with it: a tensor counts with its first
   * range.
   */
  int tensorPairs() {
    return from == 0 ? unit.tensorPairs() : 0;
  }
}
