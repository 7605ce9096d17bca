package io.qtrace.job.operations;

import io.qtrace.compare.DirectionsCheck;
import io.qtrace.compare.DirectionsCheck.Part;
import io.qtrace.compare.PrefixCheck;
import io.qtrace.compare.RowCheck;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import io.qtrace.lut.Clusters;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Scales;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The same model with another form of layers: V1 factors turned into directions and magnitudes of
 * V2, perhaps frozen to a {@code _Q}; or LUTs of 16 entries clustered to 4, with scales of higher
 * rank.
 */
public final class Convert implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("convert");

  private static final String KEY = "#converted";

  // Forms of the scales that a _Q is frozen with.
  private static final List<Scales.Form> FORMS =
      List.of(Scales.Form.FROZEN, Scales.Form.TRAINED, Scales.Form.INITIAL);

  private static final double CLOSE = 0x1p-20; // tolerance of an entry that is the mean of others

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
    if (changed.category() == Category.SCALE && changed.right().isPresent()) {
      return gainsMagnitudes(layer, step) || changed.status() == TensorStatus.RESHAPED
          ? changed.unexplained(step.recomputed(changed.name() + KEY))
          : changed.isRounded() ? UnexplainedElements.NONE : changed.changedElements();
    }
    if (gainsMagnitudes(layer, step) && isFrozen(changed)) {
      return step.child().tensor(layer.quantized()).isEmpty()
          ? changed.changedElements()
          : Nearest.unexplained(step, layer, KIND).orElse(UnexplainedElements.NONE);
    }
    boolean explained =
        explainsFactors(changed, layer, step)
            || explainsEntries(changed, layer, step)
            || changed.isRounded();
    return explained ? UnexplainedElements.NONE : changed.notRounded();
  }

  // From a layer without magnitudes to one with them.
  private static boolean explainsFactors(TensorComparison changed, LayerNames layer, Step step) {
    boolean any = step.lutLayers().stream().anyMatch(one -> gainsMagnitudes(one, step));
    if (changed.status() == TensorStatus.REMOVED) {
      return any && step.child().facts().tensors().keySet().stream().allMatch(Convert::isOfLayer);
    }
    return gainsMagnitudes(layer, step) && Quantize.isBakedFlagOff(changed, layer);
  }

  // A _Q, or its indices, that the layer did not have.
  private static boolean isFrozen(TensorComparison changed) {
    return changed.status() == TensorStatus.ADDED
        && (changed.category() == Category.Q || changed.category() == Category.INDICES);
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
  private static boolean explainsEntries(TensorComparison changed, LayerNames layer, Step step) {
    boolean any =
        step.lutLayers().stream()
            .flatMap(one -> step.tensor(one.lut()).stream())
            .anyMatch(lut -> lut.status() == TensorStatus.RESHAPED);
    return any
        && switch (changed.category()) {
          case LUT -> changed.status() == TensorStatus.RESHAPED && isClustered(layer, step);
          case Q, INDICES -> changed.status() == TensorStatus.REMOVED;
          case SCALE, LUT_DELTAS, OTHER -> false;
        };
  }

  private static boolean isClustered(LayerNames layer, Step step) {
    if (step.before(layer).isEmpty() || step.after(layer).isEmpty()) {
      return false;
    }
    Lut after = step.after(layer).get().lut();
    float[] clusters = Clusters.of(step.before(layer).get().lut(), after.size());
    return IntStream.range(0, clusters.length)
        .allMatch(i -> Math.abs(after.value(i) - clusters[i]) <= CLOSE * Math.abs(clusters[i]));
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends ends) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      LayerNames layer = new LayerNames(LayerNames.moduleOf(tensor.name()));
      if (tensor.category() == Category.Q && isFrozen(tensor) && gainsMagnitudes(layer, step)) {
        Nearest.addForms(
            wanted, layer, KIND, FORMS, ends, tensors -> tensors.child(layer.weight()));
      }
      if (tensor.category() != Category.SCALE || tensor.right().isEmpty()) {
        continue;
      }
      if (gainsMagnitudes(layer, step)) {
        wanted.put(
            tensor.name() + KEY,
            LayerRecomputation.of(ends, tensors -> directions(tensor.name(), layer, tensors)));
      } else if (tensor.status() == TensorStatus.RESHAPED) {
        wanted.put(
            tensor.name() + KEY,
            LayerRecomputation.of(
                ends,
                tensors ->
                    new PrefixCheck(tensors.child(tensor.name()), tensors.parent(tensor.name()))));
      }
    }
    return wanted;
  }

  private static RowCheck directions(String name, LayerNames layer, LayerTensors tensors) {
    Part part =
        name.equals(layer.scaleA())
            ? Part.A
            : name.equals(layer.scaleB()) ? Part.B : Part.MAGNITUDE;
    List<Long> shape = tensors.child(layer.scaleB()).shape().sizes();
    return new DirectionsCheck(
        tensors.child(name),
        part,
        tensors.parent(layer.scaleA()),
        tensors.parent(layer.scaleB()),
        shape.get(shape.size() - 1));
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    return layer.status() == TensorStatus.ADDED
        ? layer.requantized(KIND, Quantize.QUANTIZED)
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
  public boolean isProvedByData() {
    return true;
  }

  @Override
  public boolean derives(TensorComparison explained, Step step) {
    return explained.status() == TensorStatus.REMOVED;
  }

  /** Applies if a layer has another form. */
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
