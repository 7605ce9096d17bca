package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.lineage.TensorRow;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a kind of edge leaves unexplained between two checkpoints, as far as measurements tell: the
 * bytes of every tensor, the numbers of small ones, the ends of large ones.
 *
 * @param unexplained names of tensors that changed otherwise than that kind changes them
 */
public record KindTest(EdgeKind kind, List<String> unexplained) {
  private static final Set<Relation> KEPT = EnumSet.of(Relation.SAME);
  private static final Set<Relation> ROUNDED = EnumSet.of(Relation.SAME, Relation.NARROWED);

  public KindTest {
    Objects.requireNonNull(kind, "kind");
    unexplained = List.copyOf(unexplained);
  }

  /** A test of each kind that explains anything at all. */
  public static List<KindTest> of(MeasuredCheckpoint parent, MeasuredCheckpoint child) {
    Set<String> names = new LinkedHashSet<>(parent.tensors().keySet());
    names.addAll(child.tensors().keySet());
    List<Move> moves = new ArrayList<>();
    for (String name : names) {
      TensorRow before = parent.tensors().get(name);
      TensorRow after = child.tensors().get(name);
      String category = (before == null ? after : before).category();
      moves.add(Move.of(name, category, Relation.of(before, after)));
    }
    Explanations explanations =
        new Explanations(new Node(parent), new Node(child), without(moves, ROUNDED));
    List<KindTest> tests = new ArrayList<>();
    for (EdgeKind kind : EdgeKind.values()) {
      switch (kind) {
        case COPY -> tests.add(of(kind, without(moves, KEPT)));
        case CAST -> tests.add(of(kind, without(moves, ROUNDED)));
        case TRAIN, BAKE, REFRESH, SYNC, REQUANTIZE ->
            tests.add(
                of(
                    kind,
                    without(moves, ROUNDED).stream()
                        .filter(move -> !explanations.isExplained(kind, move))
                        .toList()));
        case UNKNOWN -> {}
      }
    }
    return tests;
  }

  private static KindTest of(EdgeKind kind, List<Move> unexplained) {
    return new KindTest(kind, unexplained.stream().map(Move::name).toList());
  }

  private static List<Move> without(List<Move> moves, Set<Relation> relations) {
    return moves.stream().filter(move -> !relations.contains(move.relation())).toList();
  }
}
