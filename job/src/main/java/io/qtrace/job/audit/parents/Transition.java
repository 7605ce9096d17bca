package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.lineage.TensorRow;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What would have led from one checkpoint to another: the kind that leaves the least unexplained.
 *
 * @param shared tensors with the same dtype, shape and bytes
 * @param changed tensors that moved by more than rounding, appeared or went
 * @param unexplained how many of those the kind does not explain
 * @param distance between the sketches
 */
record Transition(EdgeKind kind, int shared, int changed, int unexplained, double distance) {
  // The first of equals wins.
  private static final List<EdgeKind> SPECIFIC_FIRST =
      List.of(
          EdgeKind.COPY,
          EdgeKind.CAST,
          EdgeKind.BAKE,
          EdgeKind.REFRESH,
          EdgeKind.SYNC,
          EdgeKind.REQUANTIZE,
          EdgeKind.TRAIN);

  // A quarter of a layer's tensors: its LUT and _Q may be at odds, but not its indices too. What
  // was
  // quantized anew is no child.
  private static final int UNEXPLAINED_PART = 4;

  static Transition between(Node parent, Node child) {
    List<Move> moves = new ArrayList<>();
    int shared = 0;
    int narrowed = 0;
    Set<String> names = new LinkedHashSet<>(parent.tensors().keySet());
    names.addAll(child.tensors().keySet());
    for (String name : names) {
      TensorRow before = parent.tensors().get(name);
      TensorRow after = child.tensors().get(name);
      Relation relation = Relation.of(before, after);
      switch (relation) {
        case SAME -> shared++;
        case NARROWED -> narrowed++;
        case CHANGED, ADDED, REMOVED ->
            moves.add(Move.of(name, (before == null ? after : before).category(), relation));
      }
    }
    double distance = parent.sketch().distance(child.sketch());
    if (moves.isEmpty()) {
      return new Transition(narrowed == 0 ? EdgeKind.COPY : EdgeKind.CAST, shared, 0, 0, distance);
    }
    return of(new Explanations(parent, child, moves), moves, shared, distance);
  }

  /** Names of tensors on both sides with other numbers, as that kind leads to expect. */
  static List<String> explained(Node parent, Node child, EdgeKind kind) {
    List<Move> changed = new ArrayList<>();
    parent
        .tensors()
        .forEach(
            (name, before) -> {
              if (Relation.of(before, child.tensors().get(name)) == Relation.CHANGED) {
                changed.add(Move.of(name, before.category(), Relation.CHANGED));
              }
            });
    Explanations explanations = new Explanations(parent, child, changed);
    return changed.stream()
        .filter(move -> explanations.isExplained(kind, move))
        .map(Move::name)
        .toList();
  }

  private static Transition of(
      Explanations explanations, List<Move> moves, int shared, double distance) {
    EdgeKind best = EdgeKind.UNKNOWN;
    int least = moves.size();
    for (EdgeKind kind : SPECIFIC_FIRST) {
      int unexplained = explanations.unexplained(kind);
      if (unexplained < least) {
        best = kind;
        least = unexplained;
      }
    }
    boolean doubtful = least > 0 && best != EdgeKind.TRAIN && best != EdgeKind.BAKE;
    return new Transition(
        doubtful ? EdgeKind.UNKNOWN : best, shared, moves.size(), least, distance);
  }

  /**
   * Whether its numbers tell the direction: a table that is the bake of the other's deltas, numbers
   * that are rounded. A sync tells none: it would mend any damage of {@code _Q}, were it done.
   */
  boolean isProof() {
    return switch (kind) {
      case BAKE, REFRESH, CAST -> unexplained == 0;
      case TRAIN, SYNC, REQUANTIZE, COPY, UNKNOWN -> false;
    };
  }

  /** Whether so much is kept that the one may come from the other at all. */
  boolean isPlausible(Node child) {
    return shared > 0 && unexplained * UNEXPLAINED_PART <= child.tensors().size();
  }
}
