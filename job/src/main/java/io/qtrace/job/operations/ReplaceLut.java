package io.qtrace.job.operations;

import io.qtrace.compare.QuantizedLayer.Source;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Another table in some layers, with the indices of its nearest entries: nearest to {@code _Q}
 * times the scales, or to the weight over scales that are not normalized. A tool that chooses the
 * best table for each layer may keep some tables, and recomputes their indices too.
 */
public final class ReplaceLut implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("replace_lut");

  private static final int OUTERMOST = 2; // entries that may stay, since tables have one range

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "another LUT, and indices of its nearest entries";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (!replaces(layer, step) && !requantizes(layer, step)) {
      return changed.changedElements();
    }
    if (changed.name().equals(layer.lut())) {
      return isOtherThanNearest(layer, step) ? changed.changedElements() : UnexplainedElements.NONE;
    }
    if (changed.name().equals(layer.quantized()) && changed.isComparable()) {
      return Quantized.unexplained(changed, layer, step);
    }
    return changed.name().equals(layer.indices()) && changed.right().isPresent()
        ? Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE)
        : changed.changedElements();
  }

  private static boolean isOtherThanNearest(LayerNames layer, Step step) {
    return Nearest.unexplained(step, layer, KIND).filter(others -> !others.isNone()).isPresent();
  }

  // For a layer with another table: its indices may stay if those of another layer change.
  private static boolean replaces(LayerNames layer, Step step) {
    return isOther(layer, step)
        && (isIndexed(layer, step)
            || (step.tensor(layer.indices()).filter(TensorComparison::isComparable).isPresent()
                && isAnyReplaced(step)));
  }

  // For a layer that keeps its table while another layer gets a new one.
  private static boolean requantizes(LayerNames layer, Step step) {
    return step.before(layer).filter(lut -> lut.deltas().isEmpty()).isPresent()
        && step.tensor(layer.lut()).filter(lut -> !lut.isChanged()).isPresent()
        && isIndexed(layer, step)
        && isAnyReplaced(step);
  }

  private static boolean isAnyReplaced(Step step) {
    return step.lutLayers().stream().anyMatch(one -> isOther(one, step) && isIndexed(one, step));
  }

  private static boolean isIndexed(LayerNames layer, Step step) {
    return step.tensor(layer.indices())
        .filter(one -> one.right().isPresent() && one.isChanged())
        .isPresent();
  }

  // A newly chosen table, not one of which an entry moved, where none trains.
  private static boolean isOther(LayerNames layer, Step step) {
    Optional<LayerLut> before = step.before(layer);
    Optional<LayerLut> after = step.after(layer);
    if (!step.isChanged(layer.lut())
        || before.isEmpty()
        || after.isEmpty()
        || before.get().deltas().isPresent()
        || after.get().deltas().isPresent()
        || before.get().lut().size() != after.get().lut().size()) {
      return false;
    }
    int size = after.get().lut().size();
    int moved = 0;
    for (int i = 0; i < size; i++) {
      moved += before.get().lut().value(i) == after.get().lut().value(i) ? 0 : 1;
    }
    return 2 * moved > size - OUTERMOST;
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!isAnyReplaced(step)) {
      return wanted;
    }
    for (LayerNames layer : step.lutLayers()) {
      if (replaces(layer, step)) {
        addQuantized(wanted, layer, ends);
        addWeight(wanted, layer, ends);
      } else if (requantizes(layer, step)) {
        addWeight(wanted, layer, ends);
      }
    }
    return wanted;
  }

  private static void addQuantized(Map<String, Recomputation> wanted, LayerNames layer, Ends ends) {
    Nearest.add(
        wanted,
        layer,
        KIND,
        "quantized",
        ends,
        new Nearest.Tool(
            tensors -> new Source(tensors.parent(layer.quantized()), true, Optional.empty()),
            tensors -> tensors.childFactors(layer, Scales.Form.TRAINED)));
  }

  // The recipe's choice of LUTs takes the factors as they are stored, others normalize them.
  private static void addWeight(Map<String, Recomputation> wanted, LayerNames layer, Ends ends) {
    Nearest.addForms(
        wanted,
        layer,
        KIND,
        List.of(Scales.Form.STORED, Scales.Form.TRAINED, Scales.Form.INITIAL),
        ends,
        Nearest.weight(layer, ends));
  }

  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return replaces(layer, step) && !isOtherThanNearest(layer, step);
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.requantized(KIND, Requantize.REQUANTIZED);
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  @Override
  public boolean derives(TensorComparison explained, Step step) {
    return explained.category() != Category.LUT;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** Applies if a layer has another table. */
  @Override
  public boolean applies(Step step) {
    return step.lutLayers().stream()
        .anyMatch(layer -> step.isMoved(layer.lut()) && replaces(layer, step));
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the new LUT changed %d of %d _Q buffers".formatted(changed, all);
  }
}
