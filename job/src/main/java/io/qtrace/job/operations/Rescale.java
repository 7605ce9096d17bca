package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.util.Map;
import java.util.TreeMap;

/**
 * A float model whose function stays: columns of weights multiplied by factors that the norm before
 * them, or the rows of the weight before them, undo.
 */
public final class Rescale implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("rescale");

  private static final String KEY = "#rescaled";

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "rows and columns of weights multiplied by factors that norms and partners undo";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    if (changed.status() != TensorStatus.CHANGED || changed.isRounded() || !isFloatModel(step)) {
      return changed.changedElements();
    }
    TensorGroup group = TensorGroup.of(changed);
    if (group.what().equals(TensorGroup.NORM)) {
      return UnexplainedElements.NONE;
    }
    return group.what().equals(TensorGroup.WEIGHT) && !group.part().isEmpty()
        ? step.recomputed(changed.name() + KEY)
            .flatMap(Recomputed::unexplained)
            .orElse(UnexplainedElements.NONE)
        : changed.changedElements();
  }

  // Whether no layer is quantized; weights and norms changed, embeddings and norms of heads not.
  private static boolean isFloatModel(Step step) {
    boolean weights = false;
    boolean norms = false;
    for (TensorComparison tensor : step.pair().byName().values()) {
      TensorGroup group = TensorGroup.of(tensor);
      if (LayerNames.ofLut(tensor.name()).isPresent() || tensor.name().endsWith("._f_param")) {
        return false;
      }
      boolean kept =
          group.what().equals(TensorGroup.EMBEDDING) || group.what().equals(TensorGroup.HEAD_NORM);
      if (kept && tensor.isChanged() && !step.isTied(tensor)) {
        return false;
      }
      norms |= group.what().equals(TensorGroup.NORM) && tensor.status() == TensorStatus.CHANGED;
      weights |= group.what().equals(TensorGroup.WEIGHT) && tensor.status() == TensorStatus.CHANGED;
    }
    return weights && norms;
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!isFloatModel(step)) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (tensor.status() == TensorStatus.CHANGED
          && TensorGroup.of(tensor).what().equals(TensorGroup.WEIGHT)) {
        wanted.put(
            tensor.name() + KEY,
            LayerRecomputation.of(
                ends,
                tensors ->
                    new LayerRecomputation.Rescaled(
                        tensors.child(tensor.name()), tensors.parent(tensor.name()))));
      }
    }
    return wanted;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** Weights of a float model moved. */
  @Override
  public boolean applies(Step step) {
    return isFloatModel(step);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "rescaling has no _Q, yet %d of %d _Q buffers changed".formatted(changed, all);
  }
}
