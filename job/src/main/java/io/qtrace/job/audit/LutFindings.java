package io.qtrace.job.audit;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.stage.Layer;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import java.util.List;
import java.util.Optional;

/**
 * Stored LUTs that changed and are not what the parent's deltas give: neither baked nor refreshed.
 */
final class LutFindings {
  private LutFindings() {}

  /** Adds one finding, with the first changed entry of the first layer. */
  static void add(FindingList findings, EdgeKind kind, PairComparison pair) {
    findings.add(
        "lut-unexplained",
        Layer.of(pair).stream().filter(layer -> isUnexplained(kind, pair, layer)).toList(),
        Layer::lut,
        those ->
            "%d lut changed as neither a bake nor a refresh of the parent's deltas does, such as %s: %s"
                .formatted(those.size(), SafeText.of(those.get(0).lut()), entries(pair, those)));
  }

  // Training may move a LUT over steps that are not there, and so may a bake of deltas that are
  // not.
  private static boolean isUnexplained(EdgeKind kind, PairComparison pair, Layer layer) {
    Optional<LayerLut> parent = QChange.lut(pair, layer, TensorComparison::left);
    Optional<LayerLut> child = QChange.lut(pair, layer, TensorComparison::right);
    boolean changed = lut(pair, layer).status() == TensorStatus.CHANGED;
    if (!changed || parent.isEmpty() || child.isEmpty()) {
      return false;
    }
    boolean explained =
        parent.get().bakesTo(child.get().lut()) || parent.get().refreshesTo(child.get().lut());
    return switch (kind) {
      case TRAIN, CAST -> false;
      case BAKE -> parent.get().deltas().isPresent() && !explained;
      case REFRESH, SYNC, REQUANTIZE, COPY, UNKNOWN -> !explained;
    };
  }

  private static String entries(PairComparison pair, List<Layer> layers) {
    DiffStats stats = lut(pair, layers.get(0)).compared().orElseThrow();
    return "%d of %d entries, the first at element %d"
        .formatted(stats.changedElements(), stats.elements(), stats.firstChangedIndex());
  }

  private static TensorComparison lut(PairComparison pair, Layer layer) {
    return pair.tensor(layer.lut()).orElseThrow();
  }
}
