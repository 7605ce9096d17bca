package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.Optional;

/** The stored LUT replaced by the one that training computes from the deltas. */
public final class Refresh implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("refresh");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "the stored LUT replaced by the one computed from the deltas";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    Optional<LayerNames> layer = LayerNames.ofLut(changed.name());
    if (layer.isEmpty() || changed.status() != TensorStatus.CHANGED) {
      return changed.changedElements();
    }
    Optional<LayerLut> before = step.before(layer.get()).filter(lut -> lut.deltas().isPresent());
    Optional<LayerLut> after = step.after(layer.get());
    return before.isPresent() && after.isPresent()
        ? LutMatch.unexplained(changed, after, before.get().refreshes(after.get().lut()))
        : changed.changedElements();
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public Quantization quantization() {
    return Quantization.STALE;
  }

  @Override
  public String conclusion(long changed, long all) {
    return Operations.unexplainedConclusion(changed, all);
  }
}
