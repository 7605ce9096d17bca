package io.qtrace.job.report;

import io.qtrace.job.audit.Judgement;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;

/** The one sentence that answers the notebook's question for a pair. */
final class Conclusion {
  private Conclusion() {}

  static String of(PairComparison pair, Judgement judgement) {
    long all = pair.of(Category.Q).count();
    long changed = pair.of(Category.Q).filter(TensorComparison::isChanged).count();
    if (all == 0) {
      return "neither side has _Q buffers";
    }
    if (changed == 0) {
      return "all %d _Q buffers are unchanged".formatted(all);
    }
    return switch (judgement.kind()) {
      case TRAIN ->
          "training changed %d of %d _Q buffers: a bug, only freezing, a sync or a bake may"
              .formatted(changed, all);
      case BAKE ->
          "the bake refreshed %d of %d _Q buffers from lut[_indices]".formatted(changed, all);
      case SYNC ->
          "the sync refreshed %d of %d _Q buffers from lut[_indices]".formatted(changed, all);
      case REQUANTIZE ->
          "requantizing moved indices and refreshed %d of %d _Q buffers".formatted(changed, all);
      case CAST -> "the cast rounded %d of %d _Q buffers".formatted(changed, all);
      case REFRESH, COPY, UNKNOWN ->
          "%d of %d _Q buffers changed and no single step explains it; compare the checkpoints between"
              .formatted(changed, all);
    };
  }
}
