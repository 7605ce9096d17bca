package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * LoRA factors added to a frozen model, or saved without it. The trainer may round the scales that
 * it freezes to float16.
 */
public final class Adapter implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("adapter");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "LoRA factors added, or saved alone";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    if (TensorGroup.of(changed).isLora()) {
      return changed.status() == TensorStatus.ADDED
          ? UnexplainedElements.NONE
          : changed.changedElements();
    }
    if (changed.status() == TensorStatus.REMOVED) {
      return isAlone(step.child()) ? UnexplainedElements.NONE : changed.changedElements();
    }
    return changed.category() == Category.SCALE && addsAdapter(step)
        ? Halves.unexplained(changed, step)
        : changed.changedElements();
  }

  private static boolean addsAdapter(Step step) {
    return step.differing().stream()
        .anyMatch(
            tensor -> tensor.status() == TensorStatus.ADDED && TensorGroup.of(tensor).isLora());
  }

  /** Whether a checkpoint has only the factors of adapters. */
  public static boolean isAlone(Side side) {
    Set<String> tensors = side.facts().tensors().keySet();
    return !tensors.isEmpty() && tensors.stream().allMatch(TensorGroup::isLora);
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (addsAdapter(step)) {
      for (TensorComparison tensor : step.pair().byName().values()) {
        if (tensor.category() == Category.SCALE) {
          Halves.add(wanted, tensor, ends);
        }
      }
    }
    return wanted;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean derives(TensorComparison explained, Step step) {
    return explained.status() != TensorStatus.ADDED;
  }

  /** Applies if an adapter is new, or alone. */
  @Override
  public boolean applies(Step step) {
    return addsAdapter(step) || isAlone(step.child());
  }

  @Override
  public String conclusion(long changed, long all) {
    return "an adapter leaves _Q alone, yet %d of %d _Q buffers changed".formatted(changed, all);
  }
}
