package io.qtrace.job.parents;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Adds the nearest neighbours of nodes to their links, in a few rounds of nearest-neighbour
 * descent: a neighbour's neighbour is likely a neighbour. Work grows with the number of nodes, not
 * of pairs.
 */
final class NearLinks {
  private static final List<Locality> OTHER_ORDERS =
      Stream.of(0.25, 0.35, 0.65, 0.75).map(Locality::new).toList();
  private static final int NEXT = 4; // in each order
  private static final int ROUNDS = 3;
  private static final int NEAREST = 8;
  private static final int LOOKED_AT = 12; // neighbours of one node

  private final List<MeasuredCheckpoint> nodes;
  private final List<Set<Integer>> neighbours = new ArrayList<>();

  private NearLinks(List<MeasuredCheckpoint> nodes) {
    this.nodes = nodes;
    nodes.forEach(node -> neighbours.add(new TreeSet<>()));
  }

  /**
   * Links and those to the neighbours of some nodes.
   *
   * @param of positions of the nodes whose neighbours are searched
   */
  static Set<Link> added(List<MeasuredCheckpoint> nodes, Set<Link> links, Set<Integer> of) {
    if (of.isEmpty()) {
      return links;
    }
    NearLinks near = new NearLinks(nodes);
    Set<Link> all = new TreeSet<>(links);
    near.join(links);
    OTHER_ORDERS.forEach(near::joinNext);
    for (int round = 0; round < ROUNDS; round++) {
      Set<Link> found = near.nearest(of);
      near.join(found);
      all.addAll(found);
    }
    return all;
  }

  private void joinNext(Locality locality) {
    Map<MeasuredCheckpoint, Integer> places = new IdentityHashMap<>();
    nodes.forEach(node -> places.put(node, places.size()));
    List<Integer> order = locality.order(nodes).stream().map(places::get).toList();
    for (int i = 0; i < order.size(); i++) {
      for (int next : order.subList(i + 1, Math.min(i + 1 + NEXT, order.size()))) {
        join(List.of(Link.between(order.get(i), next)));
      }
    }
  }

  private void join(Collection<Link> links) {
    for (Link link : links) {
      neighbours.get(link.one()).add(link.other());
      neighbours.get(link.other()).add(link.one());
    }
  }

  private Set<Link> nearest(Set<Integer> of) {
    Set<Link> links = new TreeSet<>();
    for (int node : of) {
      Set<Integer> pool = new TreeSet<>();
      for (int neighbour : nearest(node, neighbours.get(node), LOOKED_AT)) {
        pool.add(neighbour);
        pool.addAll(nearest(neighbour, neighbours.get(neighbour), LOOKED_AT));
      }
      pool.remove(node);
      for (int neighbour : nearest(node, pool, NEAREST)) {
        links.add(Link.between(node, neighbour));
      }
    }
    return links;
  }

  private List<Integer> nearest(int node, Collection<Integer> pool, int count) {
    if (pool.size() <= count) {
      return List.copyOf(pool);
    }
    Sketch sketch = nodes.get(node).sketch();
    return pool.stream()
        .map(other -> new Near(other, nodes.get(other).sketch().roughly(sketch)))
        .sorted(Comparator.comparingDouble(Near::distance))
        .limit(count)
        .map(Near::node)
        .toList();
  }

  private record Near(int node, double distance) {}
}
