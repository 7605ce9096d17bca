package io.qtrace.job.operations;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import java.util.Optional;

/** The same numbers in another dtype, rounded if necessary. */
public final class Cast implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("cast");

  private static final QCause CAST = new QCause("CAST");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "the same numbers in another dtype";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    if (changed.isRounded()) {
      return Halves.areWhole(changed, step) ? UnexplainedElements.NONE : changed.changedElements();
    }
    return changed.notRounded();
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer
        .cast()
        .filter(UnexplainedElements::isNone)
        .map(proved -> QExplanation.proved(CAST));
  }

  // A LUT that is not the parent's rounded is a finding of its own.
  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return true;
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  @Override
  public boolean reportsUnexplained() {
    return true;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  /** Adds tensors that are not the parent's rounded; {@code _Q} are reported by their cause. */
  @Override
  public void addFindings(FindingList findings, Step step) {
    findings.add(
        "cast-unexplained",
        step.pair().tensors().stream()
            .filter(
                tensor ->
                    tensor.status() == TensorStatus.CHANGED
                        && tensor.category() != Category.Q
                        && !unexplained(tensor, step).isNone())
            .toList(),
        TensorComparison::name,
        those ->
            "%s not the parent's rounded to the child's dtype, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0).name()),
                    elements(those.get(0))));
  }

  private static String elements(TensorComparison tensor) {
    DiffStats stats = tensor.compared().orElseThrow();
    Optional<Mismatches> others = tensor.misrounded();
    return others.isPresent()
        ? "%d of %d elements, the first at element %d: %s, the parent's rounds to %s"
            .formatted(
                others.get().count(),
                stats.elements(),
                others.get().first(),
                others.get().value(),
                others.get().expected())
        : "%d of %d elements, the first at element %d%s"
            .formatted(
                stats.changedElements(),
                stats.elements(),
                stats.firstChangedIndex(),
                tensor.isDtypeChanged() ? "" : ", in the same dtype");
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the cast rounded %d of %d _Q buffers".formatted(changed, all);
  }
}
