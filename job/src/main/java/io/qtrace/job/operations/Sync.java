package io.qtrace.job.operations;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.util.Optional;

/**
 * {@code _Q} brought up to {@code lut[_indices]}. It proves no direction: a sync would also repair
 * any damage of {@code _Q}.
 */
public final class Sync implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("sync");

  private static final QCause SYNCED = new QCause("SYNCED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "_Q brought up to lut[_indices]";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    return LayerNames.ofQuantized(changed.name())
        .map(layer -> Quantized.unexplained(changed, layer, step))
        .orElseGet(changed::changedElements);
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.followsRule() && !layer.indicesMoved()
        ? Optional.of(QExplanation.proved(SYNCED))
        : Optional.empty();
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the sync refreshed %d of %d _Q buffers from lut[_indices]".formatted(changed, all);
  }
}
