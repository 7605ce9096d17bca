package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.qtrace.job.parents.Arborescence.Arc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestArborescenceAtScale {
  private static final Cost NOTHING = new Cost(0, 0, 0, 0, 0, 0, 0);

  // Where every arc has its reverse of the same cost, the cheapest arborescence is a minimum
  // spanning forest, one root for each component.
  @Test
  void twentyThousandCheckpointsInChainsAndStarsTakeSeconds() {
    int nodes = 20_000;
    List<Arc> links = new ArrayList<>();
    for (int group = 0; group < nodes / 1000; group++) {
      int first = 1000 * group;
      for (int i = 1; i < 1000; i++) {
        int from = group % 2 == 0 ? first + i - 1 : first; // a chain, or a star
        links.add(new Arc(from, first + i, new Cost(0, 0, 0, 0, i % 7, 0, 0)));
      }
    }
    Random random = new Random(20261125);
    while (links.size() < 200_000 + nodes) {
      int from = random.nextInt(nodes);
      int to = random.nextInt(nodes);
      if (from != to) {
        links.add(
            new Arc(from, to, new Cost(0, random.nextInt(4), 0, 0, random.nextInt(1000), 0, 0)));
      }
    }
    List<Arc> arcs = new ArrayList<>();
    links.forEach(link -> addBoth(arcs, link.from(), link.to(), link.cost()));
    for (int node = 0; node < nodes; node++) {
      arcs.add(new Arc(nodes, node, Cost.ROOT));
    }
    Arc[] tree =
        assertTimeout(Duration.ofSeconds(30), () -> Arborescence.of(nodes + 1, nodes, arcs));
    assertIsATree(tree, nodes);
    assertThat(cost(tree)).isEqualTo(spanningForest(nodes, links));
  }

  @Test
  void oneLongChainOfEqualCostsIsNoDeeperThanTheStack() {
    int nodes = 20_000;
    List<Arc> arcs = new ArrayList<>();
    for (int i = 1; i < nodes; i++) {
      addBoth(arcs, i - 1, i, new Cost(0, 0, 0, 0, 1, 0, 0));
    }
    arcs.add(new Arc(nodes, nodes / 2, Cost.ROOT));
    Arc[] tree = Arborescence.of(nodes + 1, nodes, arcs);
    assertIsATree(tree, nodes);
    assertThat(cost(tree)).isEqualTo(new Cost(1, 1L << 40, 0, 0, nodes - 1, 0, 0));
  }

  @Test
  void costsAsMuchAsTheSimpleAlgorithmOnRandomGraphs() {
    Random random = new Random(20261126);
    for (int round = 0; round < 200; round++) {
      int nodes = 60;
      int range = 1 + round % 20; // few different costs: many ties
      List<Arc> arcs = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int from = random.nextInt(nodes);
        int to = random.nextInt(nodes);
        if (from != to) {
          arcs.add(
              new Arc(
                  from,
                  to,
                  new Cost(
                      random.nextInt(8) == 0 ? 1 : 0,
                      random.nextInt(3),
                      0,
                      0,
                      random.nextInt(range),
                      0,
                      random.nextInt(2))));
        }
      }
      for (int node = 0; node < nodes; node++) {
        arcs.add(new Arc(nodes, node, Cost.ROOT));
      }
      Arc[] tree = Arborescence.of(nodes + 1, nodes, arcs);
      assertIsATree(tree, nodes);
      assertThat(cost(tree)).as("round %d", round).isEqualTo(simple(nodes + 1, nodes, arcs));
    }
  }

  @Test
  void aRootInTheMiddleIsReachedLikeAnyOther() {
    Random random = new Random(20261127);
    for (int round = 0; round < 50; round++) {
      int nodes = 30;
      int root = random.nextInt(nodes);
      List<Arc> arcs = new ArrayList<>();
      for (int node = 0; node < nodes; node++) {
        if (node != root) {
          arcs.add(new Arc(root, node, new Cost(0, 5, 0, 0, random.nextInt(3), 0, 0)));
        }
      }
      for (int i = 0; i < 200; i++) {
        int from = random.nextInt(nodes);
        int to = random.nextInt(nodes);
        if (from != to) {
          arcs.add(
              new Arc(from, to, new Cost(0, random.nextInt(2), 0, 0, random.nextInt(3), 0, 0)));
        }
      }
      Arc[] tree = Arborescence.of(nodes, root, arcs);
      assertIsATree(tree, root);
      assertThat(cost(tree)).as("round %d", round).isEqualTo(simple(nodes, root, arcs));
    }
  }

  private static void addBoth(List<Arc> arcs, int one, int other, Cost cost) {
    arcs.add(new Arc(one, other, cost));
    arcs.add(new Arc(other, one, cost));
  }

  // One arc into each node, and a way from the root to each.
  private static void assertIsATree(Arc[] tree, int root) {
    boolean[] reached = new boolean[tree.length];
    reached[root] = true;
    assertThat(tree[root]).isNull();
    for (int start = 0; start < tree.length; start++) {
      List<Integer> way = new ArrayList<>();
      int node = start;
      while (!reached[node]) {
        assertThat(tree[node].to()).isEqualTo(node);
        assertThat(way.size()).as("a way from %d without a circle", start).isLessThan(tree.length);
        way.add(node);
        node = tree[node].from();
      }
      way.forEach(passed -> reached[passed] = true);
    }
  }

  private static Cost cost(Arc[] tree) {
    Cost all = NOTHING;
    for (Arc arc : tree) {
      all = arc == null ? all : all.plus(arc.cost());
    }
    return all;
  }

  // Kruskal's.
  private static Cost spanningForest(int nodes, List<Arc> links) {
    int[] sets = new int[nodes];
    Arrays.setAll(sets, node -> node);
    Cost all = NOTHING;
    int components = nodes;
    for (Arc link : links.stream().sorted(Comparator.comparing(Arc::cost)).toList()) {
      int one = set(sets, link.from());
      int other = set(sets, link.to());
      if (one != other) {
        sets[one] = other;
        all = all.plus(link.cost());
        components--;
      }
    }
    for (int i = 0; i < components; i++) {
      all = all.plus(Cost.ROOT);
    }
    return all;
  }

  private static int set(int[] sets, int node) {
    int set = node;
    while (sets[set] != set) {
      sets[set] = sets[sets[set]];
      set = sets[set];
    }
    return set;
  }

  /** Least cost by Chu, Liu and Edmonds, O(V E): every cycle contracted, round by round. */
  private static Cost simple(int count, int rootNode, List<Arc> given) {
    int nodes = count;
    int root = rootNode;
    List<Arc> arcs = given;
    Cost all = NOTHING;
    while (true) {
      Arc[] least = new Arc[nodes];
      for (Arc arc : arcs) {
        Arc best = least[arc.to()];
        if (best == null || arc.cost().compareTo(best.cost()) < 0) {
          least[arc.to()] = arc;
        }
      }
      int[] walk = new int[nodes];
      int[] merged = new int[nodes];
      Arrays.fill(walk, -1);
      Arrays.fill(merged, -1);
      int next = 0;
      for (int start = 0; start < nodes; start++) {
        if (start != root) {
          all = all.plus(least[start].cost());
        }
        int node = start;
        while (node != root && walk[node] == -1) {
          walk[node] = start;
          node = least[node].from();
        }
        if (node != root && walk[node] == start && merged[node] == -1) { // a new cycle
          for (int on = node; merged[on] == -1; on = least[on].from()) {
            merged[on] = next;
          }
          next++;
        }
      }
      if (next == 0) {
        return all;
      }
      for (int node = 0; node < nodes; node++) {
        merged[node] = merged[node] == -1 ? next++ : merged[node];
      }
      List<Arc> rest = new ArrayList<>();
      for (Arc arc : arcs) {
        if (merged[arc.from()] != merged[arc.to()] && arc.to() != root) {
          rest.add(
              new Arc(
                  merged[arc.from()], merged[arc.to()], arc.cost().minus(least[arc.to()].cost())));
        }
      }
      arcs = rest;
      root = merged[root];
      nodes = next;
    }
  }
}
