package io.qtrace.job.report;

import io.qtrace.job.compare.Category;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.policy.EdgeKind;

/** The one sentence that answers the notebook's question for a pair. */
final class Conclusion {
  private Conclusion() {}

  static String of(PairComparison pair, EdgeKind kind) {
    long all = pair.of(Category.Q).count();
    long changed = pair.of(Category.Q).filter(TensorComparison::isChanged).count();
    if (all == 0) {
      return "neither side has _Q buffers";
    }
    if (changed == 0) {
      return "all %d _Q buffers are unchanged".formatted(all);
    }
    return Operations.KNOWN
        .of(kind)
        .map(operation -> operation.conclusion(changed, all))
        .orElseGet(() -> Operations.unexplainedConclusion(changed, all));
  }
}
