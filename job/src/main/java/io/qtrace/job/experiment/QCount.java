package io.qtrace.job.experiment;

import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.Category;

/** The number of tensors of a category on both sides of a pair, unchanged and changed. */
record QCount(long unchanged, long changed) {
  static QCount of(PairComparison pair, Category category) {
    long changed = changed(pair, category);
    long both =
        pair.of(category)
            .filter(tensor -> tensor.left().isPresent() && tensor.right().isPresent())
            .count();
    return new QCount(both - changed, changed);
  }

  static long changed(PairComparison pair, Category category) {
    return pair.of(category)
        .filter(tensor -> tensor.left().isPresent() && tensor.right().isPresent())
        .filter(TensorComparison::isChanged)
        .count();
  }
}
