package io.qtrace.job.operations;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;

/** The same content under another name. */
public final class Copy implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("copy");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "the same content under another name";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    return changed.changedElements();
  }

  @Override
  public boolean keepsDtypes() {
    return true;
  }

  @Override
  public String conclusion(long changed, long all) {
    return Operations.unexplainedConclusion(changed, all);
  }
}
