package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.parents.Arborescence.Arc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestArborescence {
  private static final int NODES = 5;

  @Test
  void isTheCheapestOfAllTrees() {
    Random random = new Random(20260711);
    for (int round = 0; round < 200; round++) {
      List<Arc> arcs = new ArrayList<>();
      for (int from = 0; from < NODES; from++) {
        for (int to = 1; to < NODES; to++) {
          if (from == 0 || (from != to && random.nextInt(4) > 0)) {
            arcs.add(
                new Arc(from, to, new Cost(0, random.nextInt(3), 0, 0, random.nextInt(20), 0, 0)));
          }
        }
      }
      Arc[] tree = Arborescence.of(NODES, 0, arcs);
      assertThat(reachesAll(tree)).as("round %d: %s", round, Arrays.toString(tree)).isTrue();
      assertThat(cost(tree)).as("round %d", round).isEqualTo(least(arcs, new Arc[NODES], 1));
    }
  }

  @Test
  void aNodeWithoutArcsIsRefused() {
    assertThatThrownBy(() -> Arborescence.of(2, 0, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot reach node: 1");
  }

  // Every choice of an arc into each node, tried.
  private static long least(List<Arc> arcs, Arc[] tree, int node) {
    if (node == NODES) {
      return reachesAll(tree) ? cost(tree) : Long.MAX_VALUE;
    }
    long least = Long.MAX_VALUE;
    for (Arc arc : arcs) {
      if (arc.to() == node) {
        tree[node] = arc;
        least = Math.min(least, least(arcs, tree, node + 1));
      }
    }
    return least;
  }

  private static boolean reachesAll(Arc[] tree) {
    for (int start = 1; start < NODES; start++) {
      int node = start;
      for (int steps = 0; node != 0 && steps < NODES; steps++) {
        node = tree[node].from();
      }
      if (node != 0) {
        return false;
      }
    }
    return true;
  }

  private static long cost(Arc[] tree) {
    return Arrays.stream(tree)
        .skip(1)
        .mapToLong(arc -> 1000 * arc.cost().unexplained() + arc.cost().distance())
        .sum();
  }
}
