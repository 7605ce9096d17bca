package io.qtrace.job.operations;

import io.qtrace.compare.LookupCheck;
import io.qtrace.compare.TensorStats;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code _Q} recomputed as {@code lut[_indices]}. It does not prove the direction, since a sync
 * would also repair any damage to {@code _Q}.
 */
public final class Sync implements Operation {
  private static final long serialVersionUID = 1;

  /** Its name. */
  public static final EdgeKind KIND = new EdgeKind("sync");

  private static final QCause SYNCED = new QCause("SYNCED");

  /** Cause: {@code _Q} was recomputed from the LUT of the deltas, {@code .lut} was not. */
  public static final QCause SYNCED_TRAINED = new QCause("SYNCED_TRAINED");

  @Override
  public EdgeKind kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "_Q recomputed as lut[_indices]";
  }

  @Override
  public UnexplainedElements unexplained(TensorComparison changed, Step step) {
    Optional<LayerNames> quantized = LayerNames.ofQuantized(changed.name());
    if (quantized.isEmpty()) {
      return changed.changedElements();
    }
    return quantized
        .filter(layer -> step.child().tensor(layer.indices()).isPresent())
        .filter(layer -> !step.isMoved(layer.indices()))
        .map(
            layer ->
                isTrained(layer, step)
                    ? step.recomputed(key(layer))
                        .flatMap(Recomputed::unexplained)
                        .orElse(UnexplainedElements.NONE)
                    : Quantized.unexplained(changed, layer, step))
        .orElseGet(changed::changedElements);
  }

  private static boolean isTrained(LayerNames layer, Step step) {
    return trainedLut(layer, step).isPresent();
  }

  // The LUT in training, if _Q is not lut[_indices] and its extremes are those of that LUT, which
  // the sync may have used.
  private static Optional<Lut> trainedLut(LayerNames layer, Step step) {
    Optional<LayerLut> after = step.after(layer).filter(lut -> lut.deltas().isPresent());
    Optional<TensorStats> quantized =
        step.child().tensor(layer.quantized()).map(TensorFacts::stats);
    Optional<TensorStats> indices = step.child().tensor(layer.indices()).map(TensorFacts::stats);
    Optional<LutCheckPartial> check = step.invariants(layer).flatMap(LayerInvariants::check);
    if (after.isEmpty()
        || quantized.isEmpty()
        || indices.isEmpty()
        || check.isEmpty()
        || step.isMoved(layer.lut())) {
      return Optional.empty();
    }
    double largest = Math.max(quantized.get().max(), -quantized.get().min());
    return inTraining(after.get(), (float) largest)
        .filter(lut -> isEntry(lut, indices.get().min(), quantized.get().min()))
        .filter(lut -> isEntry(lut, indices.get().max(), quantized.get().max()))
        .filter(
            lut ->
                2 * check.get().stale().count() > check.get().elements()
                    || isEntry(after.get().lut(), lut, check.get().stale()))
        .findFirst();
  }

  // As the stored LUT implies it; else with what training ran with if its LUT ends at a value.
  private static Stream<Lut> inTraining(LayerLut layer, float largest) {
    return Stream.concat(
        Stream.of(layer.effective()),
        layer.trainedWith(largest).stream().map(maxAbs -> layer.withMaxAbs(maxAbs).effective()));
  }

  // Whether the first element that the stored LUT does not give is what the one in training gives:
  // after few steps most entries are those of both.
  private static boolean isEntry(Lut stored, Lut trained, Mismatches stale) {
    return IntStream.range(0, trained.size())
        .anyMatch(i -> stored.value(i) == stale.expected() && trained.value(i) == stale.value());
  }

  private static boolean isEntry(Lut lut, double index, double value) {
    return lut.hasIndex((long) index) && lut.value((int) index) == value;
  }

  private static String key(LayerNames layer) {
    return layer.layer() + "#trained";
  }

  @Override
  public Map<String, Recomputation> recomputations(Step step, Ends places) {
    Map<String, Recomputation> wanted = new TreeMap<>();
    Map<LayerNames, Lut> trained = new LinkedHashMap<>();
    step.lutLayers()
        .forEach(layer -> trainedLut(layer, step).ifPresent(lut -> trained.put(layer, lut)));
    Map<LayerNames, Lut> moved = new LinkedHashMap<>(trained);
    moved.keySet().removeIf(layer -> !step.isMoved(layer.quantized()));
    if (moved.size() > 1) { // a single one is more likely damaged than left out
      step.lutLayers().stream()
          .filter(layer -> !trained.containsKey(layer))
          .forEach(layer -> leftLut(layer, moved, step).ifPresent(lut -> trained.put(layer, lut)));
    }
    if (!moved.isEmpty()) {
      trained.forEach((layer, lut) -> wanted.put(key(layer), lookup(layer, lut, places)));
    }
    return wanted;
  }

  // The LUT in training of a layer whose _Q the sync did not move: it ends as the stored one or as
  // those of layers that moved do, whichever is so with them.
  private static Optional<Lut> leftLut(LayerNames layer, Map<LayerNames, Lut> moved, Step step) {
    boolean asStored =
        moved.entrySet().stream()
            .allMatch(
                one ->
                    step.after(one.getKey())
                        .filter(lut -> lut.lut().maxAbs() == one.getValue().maxAbs())
                        .isPresent());
    return step.after(layer)
        .filter(lut -> lut.deltas().isPresent() && !step.isMoved(layer.lut()))
        .filter(lut -> step.tensor(layer.quantized()).filter(q -> !q.isChanged()).isPresent())
        .filter(lut -> step.invariants(layer).filter(one -> one.check().isPresent()).isPresent())
        .flatMap(
            lut ->
                asStored
                    ? Optional.of(lut.effective())
                    : moved.values().stream()
                        .map(Lut::maxAbs)
                        .flatMap(end -> inTraining(lut, end).filter(one -> one.maxAbs() == end))
                        .findFirst());
  }

  private static Recomputation lookup(LayerNames layer, Lut lut, Ends ends) {
    List<Float> table = new ArrayList<>();
    for (float value : lut.values()) {
      table.add(value);
    }
    return LayerRecomputation.of(
        ends,
        tensors ->
            new LookupCheck(
                tensors.child(layer.quantized()), tensors.child(layer.indices()), table));
  }

  /** The result of recomputing a {@code _Q} from the LUT in training. */
  static Optional<UnexplainedElements> trained(LayerNames layer, Step step) {
    return step.recomputed(key(layer)).flatMap(Recomputed::unexplained);
  }

  @Override
  public Optional<QExplanation> explain(QuantizedStep layer) {
    if (layer.indicesMoved()) {
      return Optional.empty();
    }
    if (layer.trained().filter(UnexplainedElements::isNone).isPresent()) {
      return Optional.of(QExplanation.proved(SYNCED_TRAINED));
    }
    return layer.followsRule() ? Optional.of(QExplanation.proved(SYNCED)) : Optional.empty();
  }

  @Override
  public Quantization quantization() {
    return Quantization.SYNCED;
  }

  /**
   * Adds layers with deltas that were not synced to the same LUT as the others, the stored one or
   * the one in training.
   */
  @Override
  public void addFindings(FindingList findings, Step step) {
    boolean toTrained =
        step.lutLayers().stream()
            .anyMatch(layer -> step.isMoved(layer.quantized()) && followsTrained(layer, step));
    findings.add(
        "sync-incomplete",
        step.lutLayers().stream()
            .filter(layer -> step.after(layer).flatMap(LayerLut::deltas).isPresent())
            .filter(layer -> step.tensor(layer.quantized()).filter(q -> !q.isChanged()).isPresent())
            .filter(layer -> toTrained ? isLeft(layer, step) : isStale(layer, step))
            .toList(),
        LayerNames::quantized,
        those ->
            "the sync left out %d _Q, still with values of another LUT than the others, such as %s"
                .formatted(those.size(), SafeText.of(those.get(0).quantized())));
  }

  private static boolean isStale(LayerNames layer, Step step) {
    return step.invariants(layer).filter(LayerInvariants::isStale).isPresent();
  }

  // Whether a _Q is not of the LUT in training, as far as that is known.
  private static boolean isLeft(LayerNames layer, Step step) {
    return trained(layer, step)
        .map(others -> !others.isNone())
        .orElseGet(() -> isStale(layer, step));
  }

  private static boolean followsTrained(LayerNames layer, Step step) {
    return trained(layer, step).filter(UnexplainedElements::isNone).isPresent();
  }

  @Override
  public boolean isProvedByData() {
    return true;
  }

  @Override
  public String conclusion(long changed, long all) {
    return "the sync refreshed %d of %d _Q buffers from lut[_indices]".formatted(changed, all);
  }
}
