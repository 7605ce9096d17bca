package io.qtrace.job.operations;

import io.qtrace.compare.QuantizedLayer.Factors;
import io.qtrace.compare.QuantizedLayer.Lora;
import io.qtrace.compare.QuantizedLayer.Source;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.TensorEntry;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An adapter merged into its layers: the indices are those nearest to ({@code _Q} S + B A alpha /
 * r) / S, the factors are dropped. The adapter is in the parent, or in a checkpoint of its own,
 * which is then another parent.
 */
public final class MergeLora implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("merge_lora");

  /** Which of the parents has the model, and which the adapter. */
  private enum Roles {
    BOTH,
    MODEL_AND_ADAPTER,
    ADAPTER_AND_MODEL,
    NONE;

    static Roles of(Step step) {
      if (step.child().hasLora()) {
        return NONE;
      }
      boolean alone = Adapter.isAlone(step.parent());
      if (step.parent().hasLora() && !alone) {
        return isIndexed(step) ? BOTH : NONE;
      }
      if (step.others().size() != 1) {
        return NONE;
      }
      Side other = step.others().get(0).side();
      if (alone) {
        return other.hasLora() ? NONE : ADAPTER_AND_MODEL;
      }
      return Adapter.isAlone(other) ? MODEL_AND_ADAPTER : NONE;
    }

    // Merging writes the indices of the layers that it quantizes again.
    private static boolean isIndexed(Step step) {
      return step.parent().facts().tensors().keySet().stream()
          .filter(TensorGroup::isLora)
          .map(name -> new LayerNames(LayerNames.moduleOf(name)))
          .anyMatch(layer -> step.child().tensor(layer.indices()).isPresent());
    }

    Side model(Step step) {
      return this == ADAPTER_AND_MODEL ? step.others().get(0).side() : step.parent();
    }

    Side adapter(Step step) {
      return this == MODEL_AND_ADAPTER ? step.others().get(0).side() : step.parent();
    }

    TensorEntry model(LayerTensors tensors, String name) {
      return this == ADAPTER_AND_MODEL ? tensors.member(1, false, name) : tensors.parent(name);
    }

    TensorEntry adapter(LayerTensors tensors, String name) {
      return this == MODEL_AND_ADAPTER ? tensors.member(1, false, name) : tensors.parent(name);
    }

    Factors factors(LayerTensors tensors, LayerNames layer) {
      return this == ADAPTER_AND_MODEL
          ? tensors.memberFactors(1, layer, Scales.Form.TRAINED)
          : tensors.parentFactors(layer, Scales.Form.TRAINED);
    }

    boolean isAdapted(LayerNames layer, Step step) {
      return adapter(step).tensor(layer.loraA()).isPresent()
          && adapter(step).tensor(layer.loraB()).isPresent();
    }
  }

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "LoRA factors merged into the weights, which are then quantized again";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    Roles roles = Roles.of(step);
    if (roles == Roles.NONE) {
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
    boolean indices = changed.name().equals(layer.indices()) && changed.right().isPresent();
    boolean quantized = changed.name().equals(layer.quantized()) && changed.right().isPresent();
    if (roles == Roles.ADAPTER_AND_MODEL) {
      return (indices || quantized) && roles.isAdapted(layer, step)
          ? Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE)
          : isOfModel(changed, step) ? UnexplainedElements.NONE : changed.changedElements();
    }
    if (indices && changed.status() == TensorStatus.ADDED) {
      return UnexplainedElements.NONE;
    }
    if (!roles.isAdapted(layer, step) || !(indices || (quantized && changed.isComparable()))) {
      return changed.changedElements();
    }
    return Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE);
  }

  /**
   * Whether a tensor missing in the adapter belongs to the model that it was merged into; its
   * change is judged against that parent.
   */
  static boolean isOfModel(TensorComparison added, Step step) {
    Optional<TensorFacts> child = added.right();
    return added.status() == TensorStatus.ADDED
        && Roles.of(step) == Roles.ADAPTER_AND_MODEL
        && Roles.ADAPTER_AND_MODEL
            .model(step)
            .tensor(added.name())
            .filter(one -> one.isSame(child.get()) || one.dtype() != child.get().dtype())
            .filter(one -> one.shape().equals(child.get().shape()))
            .isPresent();
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    Roles roles = Roles.of(step);
    if (roles == Roles.NONE) {
      return wanted;
    }
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames.ofQuantized(tensor.name())
          .filter(layer -> tensor.right().isPresent() && tensor.isChanged())
          .filter(layer -> roles.isAdapted(layer, step))
          .ifPresent(layer -> add(wanted, layer, roles, ends));
    }
    return wanted;
  }

  private static void add(
      Map<String, Recomputation> wanted, LayerNames layer, Roles roles, Ends ends) {
    Nearest.add(
        wanted,
        layer,
        KIND,
        roles.name(),
        ends,
        new Nearest.Tool(
            tensors ->
                new Source(
                    roles.model(tensors, layer.quantized()),
                    true,
                    Optional.of(
                        new Lora(
                            roles.adapter(tensors, layer.loraA()),
                            roles.adapter(tensors, layer.loraB())))),
            tensors -> roles.factors(tensors, layer)));
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

  /** Applies if an adapter is gone and moved a {@code _Q}: else it was added to the other one. */
  @Override
  public boolean applies(Step step) {
    return Roles.of(step) != Roles.NONE
        && step.pair().of(Category.Q).anyMatch(TensorComparison::isChanged);
  }

  @Override
  public String conclusion(long changed, long all) {
    return "merging the adapter changed %d of %d _Q buffers".formatted(changed, all);
  }
}
