package io.qtrace.job.operations;

import io.qtrace.compare.FoldedFactorsCheck;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Indices recomputed from weight and scales, then {@code _Q} from the indices. */
public final class Requantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("requantize");

  private static final String FOLDED = "#folded";

  /** Cause: the indices changed to those that follow from weight and scales. */
  public static final QCause REQUANTIZED = new QCause("REQUANTIZED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "indices recomputed from weight and scales, then a sync";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (changed.name().equals(layer.quantized())) {
      return quantized(changed, layer, step);
    }
    if (changed.name().equals(layer.indices()) && moves(layer, step) && !isStale(layer, step)) {
      return Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE);
    }
    if (changed.name().equals(layer.indices()) && Train.isRemade(changed, step)) {
      return UnexplainedElements.NONE;
    }
    if (changed.isRounded() && step.lutLayers().stream().anyMatch(one -> isBaked(one, step))) {
      return UnexplainedElements.NONE;
    }
    if (isBaked(layer, step) && isFactor(changed, layer)) {
      return isDirection(changed, layer)
          ? changed.unexplained(step.recomputed(changed.name() + FOLDED))
          : UnexplainedElements.NONE;
    }
    return changed.category() == Category.SCALE && changed.name().equals(layer.magnitude())
        ? Halves.unexplained(changed, step)
        : changed.changedElements();
  }

  private static UnexplainedElements quantized(
      TensorComparison changed, LayerNames layer, Step step) {
    if (changed.status() != TensorStatus.CHANGED) {
      return changed.changedElements();
    }
    if (hasIndices(layer, step)) {
      return Quantized.unexplained(changed, layer, step);
    }
    return step.isChanged(layer.lut()) || step.parent().tensor(layer.loraA()).isPresent()
        ? changed.changedElements()
        : Nearest.unexplained(step, layer, KIND)
            .orElse(
                Nearest.of(step, layer, KIND).isPresent()
                    ? changed.changedElements()
                    : UnexplainedElements.NONE);
  }

  private static boolean hasIndices(LayerNames layer, Step step) {
    return step.child().tensor(layer.indices()).isPresent();
  }

  private static boolean isStale(LayerNames layer, Step step) {
    return step.invariants(layer).filter(found -> found.isStale()).isPresent();
  }

  // Whether both _Q and the indices hold other numbers than the parent's, which may have no
  // indices.
  private static boolean moves(LayerNames layer, Step step) {
    return step.isChanged(layer.quantized())
        && step.tensor(layer.indices())
            .filter(
                indices ->
                    indices.status() == TensorStatus.CHANGED
                        || indices.status() == TensorStatus.ADDED)
            .isPresent();
  }

  // A tool that folds the magnitudes into the factors leaves ones, and sets a flag.
  private static boolean isBaked(LayerNames layer, Step step) {
    return step.tensor(layer.bakedFlag())
            .flatMap(TensorComparison::right)
            .filter(flag -> flag.values().equals(List.of(1.0)))
            .isPresent()
        && step.tensor(layer.magnitude())
            .flatMap(TensorComparison::right)
            .filter(ones -> ones.stats().min() == 1 && ones.stats().max() == 1)
            .isPresent();
  }

  private static boolean isFactor(TensorComparison changed, LayerNames layer) {
    return changed.status() == TensorStatus.CHANGED
        && List.of(layer.scaleA(), layer.scaleB(), layer.magnitude(), layer.bakedFlag())
            .contains(changed.name());
  }

  private static boolean isDirection(TensorComparison changed, LayerNames layer) {
    return changed.name().equals(layer.scaleA()) || changed.name().equals(layer.scaleB());
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames scaled = new LayerNames(LayerNames.moduleOf(tensor.name()));
      if (tensor.isChanged() && isDirection(tensor, scaled) && isBaked(scaled, step)) {
        wanted.put(
            tensor.name() + FOLDED,
            LayerRecomputation.of(ends, tensors -> folded(tensor.name(), scaled, tensors)));
      }
      if (tensor.status() == TensorStatus.CHANGED) {
        LayerNames.ofQuantized(tensor.name())
            .filter(layer -> moves(layer, step) || mayMove(layer, step))
            .ifPresent(layer -> add(wanted, layer, ends));
      }
    }
    return wanted;
  }

  private static FoldedFactorsCheck folded(String name, LayerNames layer, LayerTensors tensors) {
    return new FoldedFactorsCheck(
        tensors.child(name),
        tensors.parent(name),
        Optional.of(layer.magnitude())
            .filter(magnitude -> name.equals(layer.scaleA()))
            .map(tensors::parent));
  }

  // For a layer without indices.
  private static boolean mayMove(LayerNames layer, Step step) {
    return !hasIndices(layer, step)
        && !step.isChanged(layer.lut())
        && !step.tensor(layer.quantized()).orElseThrow().isRounded();
  }

  private static void add(Map<String, Recomputation> wanted, LayerNames layer, Ends ends) {
    Nearest.addForms(
        wanted,
        layer,
        KIND,
        List.of(Scales.Form.TRAINED, Scales.Form.INITIAL),
        ends,
        Nearest.weight(layer, ends));
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.requantized(KIND, REQUANTIZED);
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /**
   * Applies if indices were removed, as its tool saves none, or changed; or if a {@code _Q} without
   * indices changed.
   */
  @Override
  public boolean applies(Step step) {
    return step.differing().stream()
        .anyMatch(
            tensor ->
                switch (tensor.category()) {
                  case INDICES ->
                      tensor.status() == TensorStatus.REMOVED
                          || step.isMoved(tensor.name())
                          || LayerNames.ofIndices(tensor.name())
                              .filter(layer -> moves(layer, step))
                              .isPresent();
                  case Q ->
                      step.isMoved(tensor.name())
                          && LayerNames.ofQuantized(tensor.name())
                              .filter(layer -> !hasIndices(layer, step))
                              .isPresent();
                  case LUT, LUT_DELTAS, SCALE, OTHER -> false;
                });
  }

  @Override
  public String conclusion(long changed, long all) {
    return "requantizing changed indices and with them %d of %d _Q buffers".formatted(changed, all);
  }
}
