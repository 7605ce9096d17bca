package io.qtrace.job.audit.parents;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An order of checkpoints in which near ones are likely neighbours: halved again and again along
 * the way between two that lie far apart, O(n log n).
 */
final class Locality {
  private static final int SMALL = 3;

  private Locality() {}

  static List<Node> order(List<Node> nodes) {
    List<Node> order = new ArrayList<>(nodes.size());
    halve(nodes, order);
    return order;
  }

  private static void halve(List<Node> nodes, List<Node> order) {
    if (nodes.size() < SMALL) {
      order.addAll(nodes);
      return;
    }
    Sketch one = farthest(nodes, nodes.get(0).sketch());
    Sketch other = farthest(nodes, one);
    List<Node> sorted = new ArrayList<>(nodes);
    sorted.sort(Comparator.comparingDouble(node -> node.sketch().along(one, other)));
    int half = sorted.size() / 2;
    halve(sorted.subList(0, half), order);
    halve(sorted.subList(half, sorted.size()), order);
  }

  private static Sketch farthest(List<Node> nodes, Sketch from) {
    Sketch farthest = from;
    for (Node node : nodes) {
      if (node.sketch().roughly(from) > farthest.roughly(from)) {
        farthest = node.sketch();
      }
    }
    return farthest;
  }
}
