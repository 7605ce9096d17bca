package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.lineage.TensorRow;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which of the moves from parent to child each kind explains. */
final class Explanations {
  private final Node parent;
  private final Node child;
  private final List<Move> moves;
  private final Set<String> names = new HashSet<>();

  Explanations(Node parent, Node child, List<Move> moves) {
    this.parent = parent;
    this.child = child;
    this.moves = moves;
    moves.forEach(move -> names.add(move.name()));
  }

  int unexplained(EdgeKind kind) {
    return (int) moves.stream().filter(move -> !isExplained(kind, move)).count();
  }

  boolean isExplained(EdgeKind kind, Move move) {
    return switch (kind) {
      case TRAIN ->
          move.is(Category.SCALE, Relation.CHANGED)
              || move.is(Category.LUT_DELTAS, Relation.CHANGED)
              || move.is(Category.LUT_DELTAS, Relation.ADDED);
      case BAKE ->
          (move.is(Category.LUT_DELTAS, Relation.REMOVED)
                  || move.is(Category.LUT, Relation.CHANGED)
                  || isSynced(move))
              && isBaked(move.layer());
      case REFRESH -> move.is(Category.LUT, Relation.CHANGED) && isRefreshed(move.layer());
      case SYNC -> isSynced(move);
      case REQUANTIZE ->
          isSynced(move)
              || (move.is(Category.INDICES, Relation.CHANGED)
                  && names.contains(move.layer() + "._Q")
                  && !child.isStale(move.layer()));
      case CAST, COPY, UNKNOWN -> false;
    };
  }

  private boolean isBaked(String layer) {
    LayerLut before = parent.luts().get(layer);
    LayerLut after = child.luts().get(layer);
    return before != null
        && after != null
        && after.deltas().isEmpty()
        && before.bakesTo(after.lut());
  }

  private boolean isRefreshed(String layer) {
    LayerLut before = parent.luts().get(layer);
    LayerLut after = child.luts().get(layer);
    return before != null && after != null && before.refreshesTo(after.lut());
  }

  // Where not every element was checked, as far as the ends tell: the LUT rises, so the smallest
  // index gives the smallest value.
  private boolean isSynced(Move move) {
    if (!move.is(Category.Q, Relation.CHANGED) || child.isStale(move.layer())) {
      return false;
    }
    Map<String, TensorRow> tensors = child.tensors();
    LayerLut lut = child.luts().get(move.layer());
    TensorRow indices = tensors.get(move.layer() + "._indices");
    TensorRow quantized = tensors.get(move.name());
    return lut == null
        || indices == null
        || (isEntry(lut, indices.min(), quantized.min(), quantized.dtype())
            && isEntry(lut, indices.max(), quantized.max(), quantized.dtype()));
  }

  private static boolean isEntry(LayerLut lut, double index, double value, String dtype) {
    if (Double.isNaN(index)) { // not measured
      return true;
    }
    if (!lut.lut().hasIndex((long) index)) {
      return false;
    }
    double entry = lut.lut().value((int) index);
    double unit = dtype.equals("bfloat16") ? 0x1p-8 : 0; // LUT values are exact in float16
    return Math.abs(value - entry) <= unit * Math.abs(entry);
  }
}
