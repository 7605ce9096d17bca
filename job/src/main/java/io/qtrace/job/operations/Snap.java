package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Values rounded to float16: magnitudes, or all factors, in their own dtype; or the tensors of the
 * quantized layers stored as float16, with embeddings and norms unchanged. May store {@code _Q}
 * times the scales as well.
 */
public final class Snap implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("snap");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "values rounded to float16, the model otherwise unchanged";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (changed.isRounded()) {
      return isOfLayer(layer, step) && leavesTheRest(step) && Halves.areWhole(changed, step)
          ? UnexplainedElements.NONE
          : changed.changedElements();
    }
    if (changed.status() == TensorStatus.ADDED && changed.name().equals(layer.cachedWeight())) {
      return Products.unexplained(step, layer.cachedWeight(), KIND)
          .orElse(UnexplainedElements.NONE);
    }
    return changed.category() == Category.SCALE
        ? Halves.unexplained(changed, step)
        : changed.changedElements();
  }

  private static boolean isOfLayer(LayerNames layer, Step step) {
    return step.tensor(layer.lut()).isPresent();
  }

  // Whether no tensor outside the layers has another type, and some have float32.
  private static boolean leavesTheRest(Step step) {
    boolean any = false;
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (!isOfLayer(new LayerNames(LayerNames.moduleOf(tensor.name())), step)
          && tensor.isComparable()) {
        if (tensor.isDtypeChanged()) {
          return false;
        }
        any |= tensor.right().orElseThrow().dtype() == DType.FLOAT32;
      }
    }
    return any;
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor.name()));
      if (tensor.category() == Category.SCALE) {
        Halves.add(wanted, tensor, ends);
      } else if (tensor.status() == TensorStatus.ADDED
          && tensor.name().equals(layer.cachedWeight())) {
        Products.add(wanted, layer, layer.cachedWeight(), KIND, ends);
      }
    }
    return wanted;
  }

  @Override
  public long rounded(Step step) {
    Stream<String> added =
        step.differing().stream()
            .filter(tensor -> tensor.status() == TensorStatus.ADDED)
            .map(TensorComparison::name);
    return Products.rounded(step, added, KIND).elements();
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  private static boolean isNarrowed(TensorComparison tensor) {
    return tensor.isDtypeChanged()
        && tensor.isFloat()
        && tensor.right().orElseThrow().dtype().bytes()
            < tensor.left().orElseThrow().dtype().bytes();
  }

  /** Applies if something was rounded, or products were added. */
  @Override
  public boolean applies(Step step) {
    return step.differing().stream()
        .anyMatch(
            tensor ->
                isNarrowed(tensor)
                    || (tensor.isChanged()
                        && !(tensor.category() == Category.INDICES)
                        && unexplained(tensor, step).isNone()));
  }

  /** Adds factors that were not rounded although most of their group were. */
  @Override
  public void addFindings(FindingList findings, Step step) {
    Map<TensorGroup, List<TensorComparison>> groups =
        step.pair().byName().values().stream()
            .filter(tensor -> tensor.category() == Category.SCALE && tensor.isComparable())
            .collect(Collectors.groupingBy(TensorGroup::of, TreeMap::new, Collectors.toList()));
    findings.add(
        "snap-incomplete",
        groups.values().stream()
            .filter(
                group ->
                    2 * group.stream().filter(one -> isSnapped(one, step)).count() > group.size())
            .flatMap(List::stream)
            .filter(tensor -> !tensor.isChanged() && !Halves.isExact(tensor.right().orElseThrow()))
            .toList(),
        TensorComparison::name,
        those ->
            "the snap left out %s with values that are not exact in float16, such as %s"
                .formatted(Amount.of(those.size(), "factor"), SafeText.of(those.get(0).name())));
  }

  private static boolean isSnapped(TensorComparison tensor, Step step) {
    return tensor.isChanged() && Halves.unexplained(tensor, step).isNone();
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the snap rounded %d of %d _Q buffers".formatted(changed, all);
  }
}
