package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;

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

  // The trainer saves deltas only of LUTs that it trains.
  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    boolean explained =
        switch (changed.category()) {
          case SCALE, OTHER ->
              changed.status() == TensorStatus.CHANGED
                  ? step.trained().trains(changed)
                  : isAttached(changed, step) || isAdapter(changed, step);
          case LUT_DELTAS -> changed.isComparable() || isAddedOrRemoved(changed);
          case LUT -> isAttached(changed, step);
          case INDICES -> isRemade(changed, step);
          case Q -> false;
        };
    return explained ? UnexplainedElements.NONE : changed.changedElements();
  }

  /**
   * Whether a tensor is indices that a trainer recomputed from {@code _Q}, as it does for LUT
   * training.
   */
  public static boolean isRemade(TensorComparison tensor, Step step) {
    return tensor.status() == TensorStatus.ADDED
        && LayerNames.ofIndices(tensor.name())
            .filter(layer -> step.tensor(layer.quantized()).filter(q -> !q.isChanged()).isPresent())
            .flatMap(step::invariants)
            .flatMap(LayerInvariants::unexplained)
            .filter(UnexplainedElements::isNone)
            .isPresent();
  }

  private static boolean isAddedOrRemoved(TensorComparison tensor) {
    return tensor.status() == TensorStatus.ADDED || tensor.status() == TensorStatus.REMOVED;
  }

  // An adapter that trains together with what the layer already has.
  private static boolean isAdapter(TensorComparison tensor, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor.name()));
    return tensor.status() == TensorStatus.ADDED
        && TensorGroup.of(tensor).isLora()
        && step.tensor(layer.quantized()).filter(TensorComparison::isComparable).isPresent();
  }

  // Parameters that a trainer gives a float weight to train its quantization, without a _Q.
  private static boolean isAttached(TensorComparison tensor, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor.name()));
    return tensor.status() == TensorStatus.ADDED
        && !TensorGroup.of(tensor).isLora()
        && step.tensor(layer.weight()).filter(TensorComparison::isComparable).isPresent()
        && step.parent().tensor(layer.lut()).isEmpty()
        && step.child().tensor(layer.quantized()).isEmpty();
  }

  // A trainer that saves the LUT writes the one that the deltas give; steps that are not there may
  // have moved it before.
  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return Operation.isBakeOrRefresh(layer, step)
        || step.after(layer).filter(lut -> lut.refreshesTo(lut.lut())).isPresent();
  }

  @Override
  public Quantization quantization() {
    return Quantization.STALE;
  }

  /** The trainer writes indices as int16, and rounds the magnitudes that it freezes. */
  @Override
  public boolean derives(TensorComparison explained, Step step) {
    if (explained.category() == Category.SCALE) {
      return step.trained().isHalved(explained);
    }
    return explained.category() == Category.INDICES
        && (explained.isDtypeChanged() || explained.status() == TensorStatus.ADDED)
        && explained.right().filter(own -> own.dtype() == DType.INT16).isPresent();
  }

  /** Adds magnitudes that were not rounded to float16 with the others. */
  @Override
  public void addFindings(FindingList findings, Step step) {
    findings.add(
        "magnitudes-not-rounded",
        step.trained().notHalved(step),
        TensorComparison::name,
        those ->
            "%s not the parent's rounded to float16, unlike most of the group, such as %s"
                .formatted(Amount.of(those.size(), "magnitude"), SafeText.of(those.get(0).name())));
  }

  /** Its groups have findings of their own. */
  @Override
  public boolean reportsUnexplained() {
    return true;
  }

  @Override
  public String conclusion(long changed, long all) {
    return "training changed %d of %d _Q buffers: a bug, since only freezing, a sync or a bake may change them"
        .formatted(changed, all);
  }
}
