package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;

/** Optimizer steps on scales, LUT deltas or both. */
public final class Train implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("train");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "optimizer steps on scales, LUT or both";
  }

  // Training saves no indices of a layer whose LUT it does not train.
  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    boolean explained =
        switch (changed.category()) {
          case SCALE -> changed.status() == TensorStatus.CHANGED;
          case LUT_DELTAS ->
              changed.status() == TensorStatus.CHANGED || changed.status() == TensorStatus.ADDED;
          case INDICES -> changed.status() == TensorStatus.REMOVED;
          case LUT, Q, OTHER -> false;
        };
    return explained ? UnexplainedElements.NONE : changed.changedElements();
  }

  // Training may move a LUT over steps that are not there.
  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return true;
  }

  @Override
  public String conclusion(long changed, long all) {
    return "training changed %d of %d _Q buffers: a bug, only freezing, a sync or a bake may"
        .formatted(changed, all);
  }
}
