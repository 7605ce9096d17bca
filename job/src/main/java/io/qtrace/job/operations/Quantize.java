package io.qtrace.job.operations;

import io.qtrace.compare.OrthogonalCheck;
import io.qtrace.compare.OrthogonalCheck.Part;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
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

/**
 * A float model quantized: unchanged weights, and for each a LUT, scales with orthogonal
 * directions, the indices nearest to weight over scales, and {@code _Q}.
 */
public final class Quantize implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("quantize");

  /** Cause of a new {@code _Q}: the weight was quantized. */
  public static final QCause QUANTIZED = new QCause("QUANTIZED");

  private static final String ORTHOGONAL = "#orthogonal";

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "a float model quantized: LUT, scales, indices and _Q added";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (changed.status() != TensorStatus.ADDED || !isQuantized(layer, step)) {
      return changed.changedElements();
    }
    if (changed.category() == Category.INDICES || changed.category() == Category.Q) {
      return Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE);
    }
    boolean explained =
        changed.name().equals(layer.bakedFlag())
            ? isBakedFlagOff(changed, layer)
            : changed.category() != Category.LUT_DELTAS && !TensorGroup.of(changed).isLora();
    return explained ? leaning(changed, step) : changed.changedElements();
  }

  // Directions that are not at right angles, where those of most layers are: factors come from a
  // singular value decomposition, unless none do.
  private static UnexplainedElements leaning(TensorComparison changed, Step step) {
    UnexplainedElements leaning =
        step.recomputed(changed.name() + ORTHOGONAL)
            .flatMap(Recomputed::unexplained)
            .orElse(UnexplainedElements.NONE);
    return leaning.isNone() || !isMostlyOrthogonal(step) ? UnexplainedElements.NONE : leaning;
  }

  private static boolean isMostlyOrthogonal(Step step) {
    List<UnexplainedElements> all =
        step.pair().byName().keySet().stream()
            .flatMap(name -> step.recomputed(name + ORTHOGONAL).stream())
            .flatMap(factor -> factor.unexplained().stream())
            .toList();
    return 2 * all.stream().filter(UnexplainedElements::isNone).count() > all.size();
  }

  /** Whether a tensor is the flag of a layer whose magnitudes are not folded into the factors. */
  static boolean isBakedFlagOff(TensorComparison tensor, LayerNames layer) {
    return tensor.name().equals(layer.bakedFlag())
        && tensor.right().filter(flag -> flag.values().equals(List.of(0.0))).isPresent();
  }

  private static boolean isQuantized(LayerNames layer, Step step) {
    return step.tensor(layer.weight()).filter(TensorComparison::isComparable).isPresent()
        && step.parent().tensor(layer.lut()).isEmpty()
        && step.child().tensor(layer.quantized()).isPresent();
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames.ofQuantized(tensor.name())
          .filter(layer -> isQuantized(layer, step))
          .ifPresent(
              layer -> {
                Nearest.addForms(
                    wanted,
                    layer,
                    KIND,
                    List.of(Scales.Form.INITIAL, Scales.Form.TRAINED),
                    ends,
                    tensors -> tensors.parent(layer.weight()));
                addOrthogonal(wanted, layer.scaleA(), Part.A, ends);
                addOrthogonal(wanted, layer.scaleB(), Part.B, ends);
              });
    }
    return wanted;
  }

  private static void addOrthogonal(
      Map<String, Recomputation> wanted, String factor, Part part, Ends ends) {
    wanted.put(
        factor + ORTHOGONAL,
        LayerRecomputation.of(ends, tensors -> new OrthogonalCheck(tensors.child(factor), part)));
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.status() == TensorStatus.ADDED
        ? layer.requantized(KIND, QUANTIZED)
        : Optional.empty();
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean derives(TensorComparison explained, Step step) {
    return explained.category() == Category.Q || explained.category() == Category.INDICES;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** Notes that the scales cannot be recomputed, since it is not known how a tool factors them. */
  @Override
  public List<String> notes(Step step) {
    long layers =
        step.pair().byName().keySet().stream()
            .flatMap(name -> LayerNames.ofQuantized(name).stream())
            .filter(layer -> isQuantized(layer, step))
            .count();
    return List.of(
        "indices and _Q of %s were recomputed from the stored scales, which cannot be recomputed"
            .formatted(Amount.of(layers, "layer")));
  }

  /** Applies if a layer became quantized. */
  @Override
  public boolean applies(Step step) {
    return step.pair().byName().keySet().stream()
        .flatMap(name -> LayerNames.ofQuantized(name).stream())
        .anyMatch(layer -> isQuantized(layer, step));
  }

  @Override
  public String conclusion(long changed, long all) {
    return "quantizing adds _Q, yet %d of %d existing _Q buffers changed".formatted(changed, all);
  }
}
