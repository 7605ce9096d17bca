package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerNames;
import java.util.Optional;

/**
 * The same model in another form of its layers: factors of V1 as directions and magnitudes of V2,
 * perhaps frozen to a {@code _Q}; or 16 entries of a LUT as 4, with scales of more ranks.
 */
public final class Convert implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("convert");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "the same model in another form of its layers";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    boolean explained = explainsFactors(changed, layer, step) || explainsEntries(changed, step);
    return explained || changed.isRounded() ? UnexplainedElements.NONE : changed.changedElements();
  }

  // Of a layer without magnitudes one that has them.
  private static boolean explainsFactors(TensorComparison changed, LayerNames layer, Step step) {
    boolean any = step.lutLayers().stream().anyMatch(one -> gainsMagnitudes(one, step));
    if (changed.status() == TensorStatus.REMOVED) {
      return any && step.child().facts().tensors().keySet().stream().allMatch(Convert::isOfLayer);
    }
    return gainsMagnitudes(layer, step)
        && switch (changed.category()) {
          case SCALE -> true;
          case Q, INDICES -> changed.status() == TensorStatus.ADDED;
          case OTHER -> changed.name().equals(layer.bakedFlag());
          case LUT, LUT_DELTAS -> false;
        };
  }

  private static boolean gainsMagnitudes(LayerNames layer, Step step) {
    return step.parent().tensor(layer.lut()).isPresent()
        && step.parent().tensor(layer.scaleA()).isPresent()
        && step.parent().tensor(layer.magnitude()).isEmpty()
        && step.child().tensor(layer.magnitude()).isPresent();
  }

  private static boolean isOfLayer(String tensor) {
    String module = LayerNames.moduleOf(tensor);
    return module.endsWith("_proj");
  }

  // Tables of fewer entries; ranks may be added to the scales of every layer.
  private static boolean explainsEntries(TensorComparison changed, Step step) {
    boolean any =
        step.lutLayers().stream()
            .flatMap(layer -> step.tensor(layer.lut()).stream())
            .anyMatch(lut -> lut.status() == TensorStatus.RESHAPED);
    return any
        && switch (changed.category()) {
          case LUT, SCALE -> changed.status() == TensorStatus.RESHAPED;
          case Q, INDICES -> changed.status() == TensorStatus.REMOVED;
          case LUT_DELTAS, OTHER -> false;
        };
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.status() == TensorStatus.ADDED
        ? layer
            .rule()
            .filter(UnexplainedElements::isNone)
            .map(proved -> QExplanation.unproved(Quantize.QUANTIZED))
            .or(() -> Optional.of(QExplanation.unproved(Quantize.QUANTIZED)))
        : Optional.empty();
  }

  @Override
  public boolean explainsLut(LayerNames layer, Step step) {
    return step.tensor(layer.lut())
        .filter(lut -> lut.status() == TensorStatus.RESHAPED || lut.isRounded())
        .isPresent();
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  @Override
  public boolean derives(TensorComparison explained, Step step) {
    return explained.status() == TensorStatus.REMOVED;
  }

  /** A layer has another form. */
  @Override
  public boolean applies(Step step) {
    return step.lutLayers().stream()
        .anyMatch(
            layer ->
                gainsMagnitudes(layer, step)
                    || step.tensor(layer.lut())
                        .filter(lut -> lut.status() == TensorStatus.RESHAPED)
                        .isPresent());
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the conversion changed %d of %d _Q buffers".formatted(changed, all);
  }
}
