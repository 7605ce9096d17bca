package io.qtrace.job.judge;

import io.qtrace.compare.TensorStats;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.operations.Adapter;
import io.qtrace.job.operations.MergeLora;
import io.qtrace.job.operations.Operation.Quantization;
import io.qtrace.job.operations.Step;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.FindingList;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Problems that a child has and its parent does not, independent of the kind of edge. */
final class ChildFindings {
  // Kinds for which one side may be an adapter alone.
  private static final Set<EdgeKind> OF_ADAPTERS = Set.of(Adapter.KIND, MergeLora.KIND);

  private ChildFindings() {}

  /**
   * @param reported names of tensors that a finding reports already
   */
  static void add(
      FindingList findings,
      EdgeKind kind,
      Quantization quantization,
      Step step,
      Set<String> reported) {
    List<TensorComparison> tensors = step.pair().tensors();
    findings.add(
        "not-finite",
        tensors.stream().filter(ChildFindings::isLessFinite).toList(),
        TensorComparison::name,
        those ->
            "%s with NaN or infinities that the parent does not have, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0).name()),
                    notFinite(those.get(0).right().orElseThrow().stats())));
    findings.add(
        "lut-invalid",
        step.lutLayers().stream().filter(layer -> isTableBroken(layer, step)).toList(),
        LayerNames::lut,
        those ->
            "%s changed to an invalid table, such as %s: %s"
                .formatted(
                    Amount.of(those.size(), "LUT"),
                    SafeText.of(those.get(0).lut()),
                    step.invariants(those.get(0)).orElseThrow().tableFlaw().orElseThrow()));
    boolean common = tensors.stream().anyMatch(TensorComparison::isComparable);
    findings.add(
        "nothing-common",
        common || OF_ADAPTERS.contains(kind) ? List.of() : tensors.stream().limit(1).toList(),
        TensorComparison::name,
        those ->
            "no tensor is in both checkpoints, so nothing was compared: %s, such as %s"
                .formatted(Amount.of(tensors.size(), "name"), SafeText.of(those.get(0).name())));
    Map<String, String> moved = elsewhere(step);
    findings.add(
        "layers-exchanged",
        List.copyOf(moved.keySet()),
        name -> name,
        those ->
            "%s with the contents of another tensor of the parent, such as %s with those of %s"
                .formatted(
                    Amount.of(those.size(), "tensor"),
                    SafeText.of(those.get(0)),
                    SafeText.of(moved.get(those.get(0)))));
    List<LayerNames> stale =
        tensors.stream()
            .filter(tensor -> !reported.contains(tensor.name()))
            .flatMap(tensor -> LayerNames.ofQuantized(tensor.name()).stream())
            .filter(layer -> !reported.contains(layer.indices()))
            .filter(layer -> isLeftStale(layer, quantization, step))
            .toList();
    findings.add(
        "q-left-stale",
        stale,
        LayerNames::quantized,
        those ->
            "%d _Q not equal to lut[_indices] after a step of kind %s, such as %s: %s"
                .formatted(
                    those.size(),
                    kind.label(),
                    SafeText.of(those.get(0).quantized()),
                    staleElements(step.invariants(those.get(0)).orElseThrow())));
  }

  // Matrices that changed to those of another layer, by name.
  private static Map<String, String> elsewhere(Step step) {
    Map<List<Object>, String> parents = new HashMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      tensor
          .left()
          .filter(facts -> facts.shape().rank() == 2)
          .ifPresent(facts -> parents.putIfAbsent(content(facts), facts.name()));
    }
    Map<String, String> moved = new TreeMap<>();
    for (TensorComparison tensor : step.pair().byName().values()) {
      if (step.isMoved(tensor.name())) {
        TensorFacts child = tensor.right().orElseThrow();
        Optional.ofNullable(parents.get(content(child)))
            .filter(other -> leaf(other).equals(leaf(child.name())))
            .ifPresent(other -> moved.put(child.name(), other));
      }
    }
    return moved;
  }

  private static List<Object> content(TensorFacts facts) {
    return List.of(facts.dtype(), facts.shape(), facts.fingerprint());
  }

  private static String leaf(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  // More NaN or infinities than the parent has, or as many in other places.
  private static boolean isLessFinite(TensorComparison tensor) {
    Optional<TensorStats> child = tensor.right().map(TensorFacts::stats);
    Optional<TensorStats> parent = tensor.left().map(TensorFacts::stats);
    if (child.isEmpty() || parent.isEmpty()) {
      return child.filter(stats -> stats.notFinite() > 0).isPresent();
    }
    return child.get().nan() > parent.get().nan()
        || child.get().inf() > parent.get().inf()
        || (tensor.isComparable() && isElsewhere(parent.get(), child.get()));
  }

  // As far as the first of them shows.
  private static boolean isElsewhere(TensorStats parent, TensorStats child) {
    long before = parent.firstNotFinite();
    long after = child.firstNotFinite();
    return before != TensorStats.NO_INDEX
        && after != TensorStats.NO_INDEX
        && (after < before || (after > before && child.notFinite() == parent.notFinite()));
  }

  /** The number of elements of a tensor that are not finite, and the first of them. */
  static String notFinite(TensorStats stats) {
    String first =
        stats.firstNotFinite() == TensorStats.NO_INDEX
            ? ""
            : ", the first at element " + stats.firstNotFinite();
    return "%d NaN and %d infinities%s".formatted(stats.nan(), stats.inf(), first);
  }

  // A table rounded to a low-precision dtype may lose distinct entries.
  private static boolean isTableBroken(LayerNames layer, Step step) {
    return step.tensor(layer.lut())
            .filter(lut -> lut.isChanged() && lut.right().isPresent() && !lut.isRounded())
            .isPresent()
        && step.invariants(layer).flatMap(LayerInvariants::tableFlaw).isPresent();
  }

  // A layer that was stale before a step that did not touch it is not reported again.
  private static boolean isLeftStale(LayerNames layer, Quantization quantization, Step step) {
    boolean mustHold =
        switch (quantization) {
          case SYNCED -> step.after(layer).flatMap(LayerLut::deltas).isEmpty();
          case KEPT ->
              isTouched(layer.quantized(), step)
                  || isTouched(layer.lut(), step)
                  || isTouched(layer.indices(), step);
          case STALE -> false;
        };
    return mustHold && step.invariants(layer).filter(LayerInvariants::isStale).isPresent();
  }

  private static boolean isTouched(String tensor, Step step) {
    return step.tensor(tensor)
        .filter(one -> one.isChanged() && one.right().isPresent() && !one.isRounded())
        .isPresent();
  }

  /** The number of stale elements of a {@code _Q}, and the first of them. */
  static String staleElements(LayerInvariants layer) {
    LutCheckPartial check = layer.check().orElseThrow();
    Mismatches stale = check.stale();
    return stale.count() == 0
        ? "%d of %d indices outside the LUT".formatted(check.outside().count(), check.elements())
        : "%d of %d elements, the first at element %d: _Q is %s, lut[_indices] %s"
            .formatted(
                stale.count(), check.elements(), stale.first(), stale.value(), stale.expected());
  }
}
