package io.qtrace.job.parents;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The cheapest tree that leads from a root to every node: the algorithm of Chu, Liu and Edmonds in
 * Tarjan's form, O(arcs log arcs). Arcs into a node wait in a leftist heap; when the cheapest ones
 * form a cycle, its nodes become one, their heaps are merged, and the cost that the cycle's arcs
 * already pay is taken off what waits. Of arcs with equal costs the first is taken.
 */
final class Arborescence {
  private static final Cost NOTHING = new Cost(0, 0, 0, 0, 0, 0, 0);

  /** A possible edge of the tree. */
  record Arc(int from, int to, Cost cost) {}

  /** Arcs into a node, the cheapest at the top. */
  private static final class Heap {
    private final int arc;
    private Cost cost;
    private Cost less = NOTHING; // to be taken off the costs below
    private Heap left;
    private Heap right;
    private int rank = 1; // nodes to the nearest end

    Heap(int arc, Cost cost) {
      this.arc = arc;
      this.cost = cost;
    }

    private boolean isBefore(Heap other) {
      int order = cost.compareTo(other.cost);
      return order < 0 || (order == 0 && arc < other.arc);
    }

    private void pushDown() {
      if (less != NOTHING) {
        takeOff(left, less);
        takeOff(right, less);
        less = NOTHING;
      }
    }

    static void takeOff(Heap heap, Cost saved) {
      if (heap != null) {
        heap.cost = heap.cost.minus(saved);
        heap.less = heap.less == NOTHING ? saved : heap.less.plus(saved);
      }
    }

    static Heap merge(Heap one, Heap other) {
      if (one == null || other == null) {
        return one == null ? other : one;
      }
      Heap top = one.isBefore(other) ? one : other;
      Heap rest = top == one ? other : one;
      top.pushDown();
      top.right = merge(top.right, rest);
      if (top.left == null || top.left.rank < top.right.rank) {
        Heap swapped = top.left;
        top.left = top.right;
        top.right = swapped;
      }
      top.rank = top.right == null ? 1 : top.right.rank + 1;
      return top;
    }

    Heap withoutTop() {
      pushDown();
      return merge(left, right);
    }
  }

  /** Nodes that became one, with the arcs of the cycle that made them so. */
  private record Cycle(int node, int joins, List<Integer> arcs) {}

  private final int root;
  private final List<Arc> arcs;
  private final Heap[] heaps;
  private final Merged merged;
  private final List<Cycle> cycles = new ArrayList<>();
  private final int[] into; // arc into each node, by its representative

  private Arborescence(int nodes, int root, List<Arc> arcs) {
    this.root = root;
    this.arcs = arcs;
    this.heaps = new Heap[nodes];
    this.merged = new Merged(nodes);
    this.into = new int[nodes];
    for (int i = 0; i < arcs.size(); i++) {
      int to = arcs.get(i).to();
      heaps[to] = Heap.merge(heaps[to], new Heap(i, arcs.get(i).cost()));
    }
  }

  /**
   * The arc into each node [n]; null for the root.
   *
   * @throws IllegalArgumentException if a node cannot be reached
   */
  static Arc[] of(int nodes, int root, List<Arc> arcs) {
    return new Arborescence(nodes, root, arcs).tree();
  }

  private Arc[] tree() {
    int[] seen = new int[heaps.length]; // the walk that came by, 1 and up
    seen[root] = heaps.length + 1;
    for (int start = 0; start < heaps.length; start++) {
      walk(start, seen);
    }
    expand();
    Arc[] tree = new Arc[heaps.length];
    for (int node = 0; node < tree.length; node++) {
      tree[node] = node == root ? null : arcs.get(into[node]);
    }
    return tree;
  }

  // Goes back along the cheapest arcs until it meets an earlier walk.
  private void walk(int start, int[] seen) {
    List<Integer> path = new ArrayList<>();
    List<Integer> taken = new ArrayList<>();
    int node = merged.of(start);
    while (seen[node] == 0) {
      int arc = cheapest(node);
      path.add(node);
      taken.add(arc);
      seen[node] = start + 1;
      int from = merged.of(arcs.get(arc).from());
      if (seen[from] == start + 1) {
        from = contract(from, path, taken);
        seen[from] = 0;
      }
      node = from;
    }
    for (int arc : taken) {
      into[merged.of(arcs.get(arc).to())] = arc;
    }
  }

  // Takes the cheapest arc that comes from elsewhere, and its cost off the others.
  private int cheapest(int node) {
    Heap heap = heaps[node];
    while (heap != null && merged.of(arcs.get(heap.arc).from()) == node) {
      heap = heap.withoutTop();
    }
    if (heap == null) {
      throw new IllegalArgumentException("Cannot reach node: " + node);
    }
    Heap rest = heap.withoutTop();
    Heap.takeOff(rest, heap.cost);
    heaps[node] = rest;
    return heap.arc;
  }

  // Makes one node of the cycle that the end of a path closes; returns it.
  private int contract(int closing, List<Integer> path, List<Integer> taken) {
    int joins = merged.joins();
    Heap heap = null;
    int from = path.lastIndexOf(closing);
    List<Integer> cycle = List.copyOf(taken.subList(from, taken.size()));
    int node = closing;
    for (int i = path.size() - 1; i >= from; i--) {
      heap = Heap.merge(heap, heaps[path.get(i)]);
      node = merged.join(node, path.get(i));
    }
    path.subList(from, path.size()).clear();
    taken.subList(from, taken.size()).clear();
    heaps[node] = heap;
    cycles.add(new Cycle(node, joins, cycle));
    return node;
  }

  // Undoes the contractions, last first: all arcs of a cycle but the one that the arc into it
  // replaces.
  private void expand() {
    for (int i = cycles.size() - 1; i >= 0; i--) {
      Cycle cycle = cycles.get(i);
      int entering = into[cycle.node()];
      merged.undo(cycle.joins());
      for (int arc : cycle.arcs()) {
        into[merged.of(arcs.get(arc).to())] = arc;
      }
      into[merged.of(arcs.get(entering).to())] = entering;
    }
  }

  /** Sets of nodes that became one; joins can be undone. */
  private static final class Merged {
    private final int[] parents; // minus the size, of a representative
    private final List<int[]> joins = new ArrayList<>(); // which sets were joined, and their sizes

    Merged(int nodes) {
      parents = new int[nodes];
      Arrays.fill(parents, -1);
    }

    int of(int node) {
      int representative = node;
      while (parents[representative] >= 0) {
        representative = parents[representative];
      }
      return representative;
    }

    int joins() {
      return joins.size();
    }

    int join(int one, int other) {
      int a = of(one);
      int b = of(other);
      if (a == b) {
        return a;
      }
      int large = parents[a] <= parents[b] ? a : b;
      int small = large == a ? b : a;
      joins.add(new int[] {small, large, parents[small]});
      parents[large] += parents[small];
      parents[small] = large;
      return large;
    }

    void undo(int until) {
      while (joins.size() > until) {
        int[] join = joins.remove(joins.size() - 1);
        parents[join[0]] = join[2];
        parents[join[1]] -= join[2];
      }
    }
  }
}
