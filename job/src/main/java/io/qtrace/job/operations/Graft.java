package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Groups of tensors or blocks of one checkpoint replaced by those of another, byte for byte. */
public final class Graft implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("graft");

  /** The cause of a {@code _Q} that it takes from the other parent. */
  public static final QCause GRAFTED = new QCause("GRAFTED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "tensors of two checkpoints in one";
  }

  @Override
  public int parents() {
    return 2;
  }

  /**
   * Applies if another checkpoint gives whole groups of tensors, or blocks, and this one gives all
   * others.
   */
  @Override
  public boolean applies(Step step) {
    if (step.others().size() != 1) {
      return false;
    }
    boolean both = false;
    List<TensorComparison> kept = new ArrayList<>();
    List<TensorComparison> given = new ArrayList<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (tensor.right().isEmpty()) {
        if (!Classifier.isDropped(tensor)) {
          given.add(tensor); // it is not kept whole
        }
        continue;
      }
      boolean same = tensor.status() == TensorStatus.IDENTICAL;
      if (!same && !isGiven(tensor, step)) {
        return false;
      }
      if (!same) {
        both = true;
        given.add(tensor);
      } else if (!isGiven(tensor, step)) {
        kept.add(tensor);
      }
    }
    return both
        && (isDivided(kept, given, TensorGroup::of)
            || isDivided(kept, given, tensor -> TensorGroup.blockOf(tensor.name())));
  }

  private static <T> boolean isDivided(
      List<TensorComparison> kept,
      List<TensorComparison> given,
      Function<TensorComparison, T> part) {
    Set<T> parts = kept.stream().map(part).collect(Collectors.toSet());
    return given.stream().map(part).noneMatch(parts::contains);
  }

  private static boolean isGiven(TensorComparison tensor, Step step) {
    TensorFacts child = tensor.right().orElseThrow();
    return step.others().stream()
        .flatMap(other -> other.side().tensor(child.name()).stream())
        .anyMatch(child::isSame);
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    boolean explained =
        changed.right().isPresent()
            ? isGiven(changed, step)
            : step.others().stream()
                .noneMatch(other -> other.side().tensor(changed.name()).isPresent());
    return explained ? UnexplainedElements.NONE : changed.changedElements();
  }

  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return step.tensor(layer.lut()).filter(lut -> isGiven(lut, step)).isPresent();
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.isOfOther() ? Optional.of(QExplanation.proved(GRAFTED)) : Optional.empty();
  }

  static boolean isOfOther(TensorComparison quantized, Step step) {
    return quantized.right().isPresent() && isGiven(quantized, step);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "%d of %d _Q buffers come from another checkpoint".formatted(changed, all);
  }
}
