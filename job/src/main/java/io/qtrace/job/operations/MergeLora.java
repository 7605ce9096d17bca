package io.qtrace.job.operations;

import io.qtrace.compare.QuantizedLayer.Lora;
import io.qtrace.compare.QuantizedLayer.Source;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An adapter merged into the layers that it is of: indices nearest to ({@code _Q} S + B A alpha /
 * r) / S, the factors dropped.
 */
public final class MergeLora implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("merge_lora");

  // What alpha / r mostly is; a checkpoint does not say.
  private static final List<Float> RATIOS = List.of(1f, 2f, 0.5f, 4f);

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "LoRA factors merged into the weights, which are quantized again";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    if (!merges(step)) {
      return changed.changedElements();
    }
    if (TensorGroup.of(changed).isLora()) {
      return changed.status() == TensorStatus.REMOVED
          ? UnexplainedElements.NONE
          : changed.changedElements();
    }
    if (changed.isRounded()) {
      return Halves.areWhole(changed, step) ? UnexplainedElements.NONE : changed.changedElements();
    }
    boolean written = changed.name().equals(layer.indices()) && changed.right().isPresent();
    if (written && changed.status() == TensorStatus.ADDED) {
      return UnexplainedElements.NONE;
    }
    if (!isAdapted(layer, step)
        || !(written || (changed.name().equals(layer.quantized()) && changed.isComparable()))) {
      return changed.changedElements();
    }
    return Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE);
  }

  private static boolean isAdapted(LayerNames layer, Step step) {
    return step.parent().tensor(layer.loraA()).isPresent()
        && step.parent().tensor(layer.loraB()).isPresent();
  }

  // Whether the parent has an adapter, of which nothing is left.
  private static boolean merges(Step step) {
    boolean any = false;
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (TensorGroup.of(tensor).isLora()) {
        if (tensor.status() != TensorStatus.REMOVED) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    if (!merges(step)) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames.ofQuantized(tensor.name())
          .filter(layer -> step.isChanged(layer.quantized()) && isAdapted(layer, step))
          .ifPresent(layer -> RATIOS.forEach(ratio -> add(wanted, layer, ratio, ends)));
    }
    return wanted;
  }

  private static void add(
      Map<String, Recomputation> wanted, LayerNames layer, float ratio, Ends ends) {
    Nearest.add(
        wanted,
        layer,
        KIND,
        String.valueOf(ratio),
        ends,
        new Nearest.Tool(
            tensors ->
                new Source(
                    tensors.parent(layer.quantized()),
                    true,
                    Optional.of(
                        new Lora(
                            tensors.parent(layer.loraA()), tensors.parent(layer.loraB()), ratio))),
            tensors -> tensors.parentFactors(layer, Scales.Form.TRAINED)));
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
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  /** An adapter is gone. */
  @Override
  public boolean applies(Step step) {
    return merges(step);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "merging the adapter moved %d of %d _Q buffers".formatted(changed, all);
  }
}
