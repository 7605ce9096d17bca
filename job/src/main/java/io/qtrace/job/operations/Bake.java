package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.Optional;

/** The trained LUT written into {@code .lut}, {@code _Q} recomputed from it, the deltas dropped. */
public final class Bake implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("bake");

  private static final QCause BAKED = new QCause("BAKED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "the trained LUT written into .lut, and _Q recomputed from it";
  }

  /**
   * Applies if a layer lost its deltas and has another table, or one that a refresh had computed
   * from them.
   */
  @Override
  public boolean applies(Step step) {
    return step.lutLayers().stream()
        .anyMatch(
            layer ->
                step.before(layer).flatMap(LayerLut::deltas).isPresent()
                    && (step.isMoved(layer.lut()) || isBaked(layer, step)));
  }

  // Whether the deltas are gone, and the table is their bake.
  private static boolean isBaked(LayerNames layer, Step step) {
    Optional<LayerLut> after = step.after(layer).filter(lut -> lut.deltas().isEmpty());
    return after.isPresent() && step.before(layer).orElseThrow().bakesTo(after.get().lut());
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    LayerNames layer = new LayerNames(LayerNames.moduleOf(changed.name()));
    Optional<LayerLut> before = step.before(layer).filter(lut -> lut.deltas().isPresent());
    Optional<LayerLut> after = step.after(layer).filter(lut -> lut.deltas().isEmpty());
    if (before.isEmpty() || after.isEmpty()) {
      return changed.changedElements();
    }
    if (changed.name().equals(layer.deltas()) && changed.status() == TensorStatus.REMOVED) {
      return UnexplainedElements.NONE;
    }
    if (changed.name().equals(layer.lut()) && changed.status() == TensorStatus.CHANGED) {
      return LutMatch.unexplained(
          changed,
          after,
          before.get().bakes(after.get().lut()).stream().map(io.qtrace.lut.Bake::lut).toList());
    }
    boolean indexed = step.child().tensor(layer.indices()).isPresent();
    return changed.name().equals(layer.quantized()) && indexed
        ? Quantized.unexplained(changed, layer, step)
        : changed.changedElements();
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    if (!layer.followsRule() || layer.indicesMoved()) {
      return Optional.empty();
    }
    return layer
        .parent()
        .flatMap(parent -> layer.child().flatMap(parent::bakeOf))
        .map(
            bake ->
                new QExplanation(
                    Optional.of(BAKED),
                    UnexplainedElements.NONE,
                    Optional.of((double) bake.drift())));
  }

  @Override
  public boolean provesDirection() {
    return true;
  }

  /**
   * Adds layers that the bake left out, or whose deltas it dropped without writing the trained LUT.
   */
  @Override
  public void addFindings(FindingList findings, Step step) {
    List<LayerNames> trained =
        step.lutLayers().stream()
            .filter(layer -> step.before(layer).flatMap(LayerLut::deltas).isPresent())
            .filter(layer -> step.after(layer).isPresent())
            .toList();
    findings.add(
        "bake-incomplete",
        trained.stream()
            .filter(layer -> step.after(layer).flatMap(LayerLut::deltas).isPresent())
            .toList(),
        LayerNames::lut,
        those ->
            "the bake left out %s, which kept the deltas and the old LUT, such as %s"
                .formatted(Amount.of(those.size(), "layer"), SafeText.of(those.get(0).layer())));
    findings.add(
        "bake-lost",
        trained.stream()
            .filter(layer -> step.after(layer).flatMap(LayerLut::deltas).isEmpty())
            .filter(layer -> !step.isMoved(layer.lut()) && !isBaked(layer, step))
            .toList(),
        LayerNames::lut,
        those ->
            "the bake dropped the deltas of %s without writing the trained LUT, such as %s"
                .formatted(Amount.of(those.size(), "layer"), SafeText.of(those.get(0).lut())));
  }

  @Override
  public List<String> notes(Step step) {
    return step
        .parent()
        .maxAbsSource()
        .map(source -> "drift from the LUT of training, its --lut-max-abs " + source)
        .stream()
        .toList();
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the bake refreshed %d of %d _Q buffers from lut[_indices]".formatted(changed, all);
  }
}
