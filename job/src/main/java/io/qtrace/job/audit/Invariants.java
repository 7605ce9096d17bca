package io.qtrace.job.audit;

import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.stage.Layer;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.kernel.Deviations;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.Lut;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What must hold within one checkpoint, layer by layer. */
final class Invariants {
  private final String auditId;
  private final String checkpointId;
  private final String path;

  Invariants(String auditId, String checkpointId, String path) {
    this.auditId = auditId;
    this.checkpointId = checkpointId;
    this.path = path;
  }

  /**
   * Rows of all layers that have a {@code _Q}.
   *
   * @param facts of the checkpoint's tensors, by name
   * @param checks by layer
   */
  List<InvariantRow> rows(Map<String, TensorFacts> facts, Map<String, LutCheckPartial> checks) {
    List<InvariantRow> rows = new ArrayList<>();
    for (String name : facts.keySet()) {
      Layer.ofQuantized(name)
          .map(layer -> row(layer, facts, Optional.ofNullable(checks.get(layer.name()))))
          .ifPresent(rows::add);
    }
    return rows;
  }

  static Map<String, InvariantRow> byLayer(List<InvariantRow> rows) {
    return rows.stream()
        .collect(Collectors.toMap(InvariantRow::layer, row -> row, (one, same) -> one));
  }

  /** Layers whose {@code _Q} is not {@code lut[_indices]}. */
  static Set<String> stale(Map<String, LutCheckPartial> checks) {
    return checks.keySet().stream()
        .filter(layer -> !checks.get(layer).holds())
        .collect(Collectors.toSet());
  }

  private InvariantRow row(
      Layer layer, Map<String, TensorFacts> facts, Optional<LutCheckPartial> check) {
    Optional<TensorFacts> stored = Optional.ofNullable(facts.get(layer.lut()));
    Optional<float[]> values = stored.flatMap(TensorFacts::floats);
    Optional<Lut> lut = values.filter(floats -> floats.length >= 2).map(Lut::new);
    Optional<float[]> deltas =
        Optional.ofNullable(facts.get(layer.deltas())).flatMap(TensorFacts::floats);
    Optional<Deviations> outside = check.map(LutCheckPartial::outside);
    Optional<Deviations> offGrid = check.map(LutCheckPartial::offGrid);
    Optional<Deviations> stale = check.map(LutCheckPartial::stale);
    return new InvariantRow(
        auditId,
        checkpointId,
        path,
        layer.name(),
        check.isPresent() ? null : unchecked(layer, facts),
        check.map(LutCheckPartial::elements).orElse(null),
        stored.map(tensor -> tensor.shape().elements()).orElse(null),
        outside.map(Deviations::count).orElse(null),
        first(outside),
        offGrid.map(Deviations::count).orElse(null),
        first(offGrid),
        some(offGrid).map(Deviations::value).orElse(null),
        some(offGrid).map(Deviations::expected).orElse(null),
        stale.map(Deviations::count).orElse(null),
        first(stale),
        some(stale).map(Deviations::value).orElse(null),
        some(stale).map(Deviations::expected).orElse(null),
        check.map(LutCheckPartial::maxStale).orElse(null),
        lut.map(table -> table.firstNotRising().isEmpty()).orElse(null),
        lut.map(table -> table.firstAsymmetric().isEmpty()).orElse(null),
        lut.map(table -> table.firstNotFloat16().isEmpty()).orElse(null),
        LayerLut.of(values, deltas).flatMap(LayerLut::effectiveDrift).orElse(null));
  }

  private static String unchecked(Layer layer, Map<String, TensorFacts> facts) {
    TensorFacts quantized = facts.get(layer.quantized());
    TensorFacts indices = facts.get(layer.indices());
    TensorFacts lut = facts.get(layer.lut());
    if (indices == null) {
      return "no _indices";
    }
    if (lut == null) {
      return "no lut";
    }
    if (!indices.shape().equals(quantized.shape())) {
      return "_Q is %s, _indices %s".formatted(quantized.shape(), indices.shape());
    }
    return "_Q is %s, _indices %s, lut %s %s"
        .formatted(
            quantized.dtype().label(), indices.dtype().label(), lut.dtype().label(), lut.shape());
  }

  private static Optional<Deviations> some(Optional<Deviations> deviations) {
    return deviations.filter(found -> found.count() > 0);
  }

  private static Long first(Optional<Deviations> deviations) {
    return some(deviations).map(Deviations::first).orElse(null);
  }
}
