package io.qtrace.job.parents;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An order of checkpoints in which close ones are likely neighbours: the set is split recursively
 * along the line between two distant checkpoints, O(n log n).
 *
 * @param part where a cut is made: at the widest gap about this part of the nodes, 0.2 to 0.8;
 *     orders of different parts seldom separate the same neighbours
 */
record Locality(double part) {
  static final Locality HALVES = new Locality(0.5);

  private static final double ABOUT = 0.15;
  private static final int SMALL = 3;

  Locality {
    if (!(part >= 0.2 && part <= 0.8)) {
      throw new IllegalArgumentException("Invalid part: " + part + ", expected 0.2 to 0.8");
    }
  }

  List<MeasuredCheckpoint> order(List<MeasuredCheckpoint> nodes) {
    List<MeasuredCheckpoint> order = new ArrayList<>(nodes.size());
    append(nodes, order);
    return order;
  }

  private void append(List<MeasuredCheckpoint> nodes, List<MeasuredCheckpoint> order) {
    if (nodes.size() < SMALL) {
      order.addAll(nodes);
      return;
    }
    Sketch last = order.isEmpty() ? nodes.get(0).sketch() : order.get(order.size() - 1).sketch();
    Sketch far = farthest(nodes, last);
    Sketch near = farthest(nodes, far);
    List<Place> places =
        nodes.stream()
            .map(node -> new Place(node, node.sketch().along(near, far)))
            .sorted(Comparator.comparingDouble(Place::at))
            .toList();
    List<MeasuredCheckpoint> sorted = places.stream().map(Place::node).toList();
    int cut = cut(places);
    append(sorted.subList(0, cut), order);
    append(sorted.subList(cut, sorted.size()), order);
  }

  private record Place(MeasuredCheckpoint node, double at) {}

  private int cut(List<Place> places) {
    int size = places.size();
    int first = Math.max(1, (int) (size * (part - ABOUT)));
    int last = Math.min(size - 1, (int) (size * (part + ABOUT)));
    int cut = first;
    double widest = -1;
    for (int i = first; i <= last; i++) {
      double gap = places.get(i).at() - places.get(i - 1).at();
      if (gap > widest) {
        widest = gap;
        cut = i;
      }
    }
    return cut;
  }

  private static Sketch farthest(List<MeasuredCheckpoint> nodes, Sketch from) {
    Sketch farthest = from;
    for (MeasuredCheckpoint node : nodes) {
      if (node.sketch().roughly(from) > farthest.roughly(from)) {
        farthest = node.sketch();
      }
    }
    return farthest;
  }
}
