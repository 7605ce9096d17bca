package io.qtrace.job.audit.parents;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The cheapest tree that leads from a root to every node: the algorithm of Chu, Liu and Edmonds.
 * Nodes are 0 to n - 1; of arcs with equal costs the first is taken.
 */
final class Arborescence {
  /** A possible edge of the tree. */
  record Arc(int from, int to, Cost cost) {}

  // An arc between contracted nodes, and the arc of the level above that it stands for.
  private record Level(int from, int to, Cost cost, int origin) {}

  private Arborescence() {}

  /**
   * The arc into each node [n]; null for the root.
   *
   * @throws IllegalArgumentException if a node cannot be reached
   */
  static Arc[] of(int nodes, int root, List<Arc> arcs) {
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < arcs.size(); i++) {
      Arc arc = arcs.get(i);
      levels.add(new Level(arc.from(), arc.to(), arc.cost(), i));
    }
    Arc[] tree = new Arc[nodes];
    int[] chosen = choose(nodes, root, levels);
    for (int node = 0; node < nodes; node++) {
      tree[node] = node == root ? null : arcs.get(chosen[node]);
    }
    return tree;
  }

  // Index of the arc into each node; -1 for the root.
  private static int[] choose(int nodes, int root, List<Level> arcs) {
    int[] cheapest = cheapest(nodes, root, arcs);
    int[] cycle = cycles(root, cheapest, arcs);
    int contracted = contract(cycle);
    if (contracted == nodes) {
      return cheapest;
    }
    List<Level> outer = new ArrayList<>();
    for (int i = 0; i < arcs.size(); i++) {
      Level arc = arcs.get(i);
      int from = cycle[arc.from()];
      int to = cycle[arc.to()];
      if (from != to && arc.to() != root) {
        Cost saved = arcs.get(cheapest[arc.to()]).cost();
        outer.add(new Level(from, to, arc.cost().minus(saved), i));
      }
    }
    for (int into : choose(contracted, cycle[root], outer)) {
      if (into >= 0) {
        int origin = outer.get(into).origin();
        cheapest[arcs.get(origin).to()] = origin;
      }
    }
    return cheapest;
  }

  private static int[] cheapest(int nodes, int root, List<Level> arcs) {
    int[] cheapest = new int[nodes];
    Arrays.fill(cheapest, -1);
    for (int i = 0; i < arcs.size(); i++) {
      Level arc = arcs.get(i);
      int best = cheapest[arc.to()];
      if (arc.to() != root && (best < 0 || arc.cost().compareTo(arcs.get(best).cost()) < 0)) {
        cheapest[arc.to()] = i;
      }
    }
    for (int node = 0; node < nodes; node++) {
      if (node != root && cheapest[node] < 0) {
        throw new IllegalArgumentException("Cannot reach node: " + node);
      }
    }
    return cheapest;
  }

  // For each node the smallest member of the cycle of cheapest arcs that it is on, or itself.
  private static int[] cycles(int root, int[] cheapest, List<Level> arcs) {
    int[] cycle = new int[cheapest.length];
    int[] seen = new int[cheapest.length]; // the walk that came by, 1 and up
    for (int start = 0; start < cheapest.length; start++) {
      cycle[start] = start;
    }
    for (int start = 0; start < cheapest.length; start++) {
      int node = start;
      while (node != root && seen[node] == 0) {
        seen[node] = start + 1;
        node = arcs.get(cheapest[node]).from();
      }
      if (node != root && seen[node] == start + 1) {
        int first = node;
        for (int on = step(node, cheapest, arcs); on != node; on = step(on, cheapest, arcs)) {
          first = Math.min(first, on);
        }
        cycle[node] = first;
        for (int on = step(node, cheapest, arcs); on != node; on = step(on, cheapest, arcs)) {
          cycle[on] = first;
        }
      }
    }
    return cycle;
  }

  private static int step(int node, int[] cheapest, List<Level> arcs) {
    return arcs.get(cheapest[node]).from();
  }

  // Numbers the cycles and what lies on none; returns how many there are.
  private static int contract(int[] cycle) {
    int[] number = new int[cycle.length];
    int count = 0;
    for (int node = 0; node < cycle.length; node++) {
      number[node] = cycle[node] == node ? count++ : number[cycle[node]];
      cycle[node] = number[node];
    }
    return count;
  }
}
