package io.qtrace.job.audit.parents;

import io.qtrace.job.audit.parents.Arborescence.Arc;
import io.qtrace.job.audit.parents.ContentLinks.Link;
import io.qtrace.job.audit.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** The parents, among linked nodes of different contents, that leave the least unexplained. */
final class Tree {
  private static final int NONE = -1;

  // One checkpoint continues another if that saves it this part of the other's own way from where
  // both come from. Two runs from one start save little, whatever their lengths.
  private static final double SAVED = 0.25;

  private final List<Node> nodes;
  private final Claims claims;
  private final Map<Link, Transition> transitions = new HashMap<>(); // from one to other
  private final int[] parents;

  Tree(List<Node> nodes, Set<Link> links, Claims claims) {
    this.nodes = nodes;
    this.claims = claims;
    this.parents = new int[nodes.size()];
    Arc[] cheapest = Arborescence.of(nodes.size() + 1, nodes.size(), arcs(links));
    for (int node = 0; node < parents.length; node++) {
      int from = cheapest[node].from();
      parents[node] = from == nodes.size() ? NONE : from;
    }
    boolean moved = true;
    while (moved) { // each move brings a node nearer to its root
      moved = false;
      for (int node = 0; node < parents.length; node++) {
        moved |= lift(node);
      }
    }
  }

  OptionalInt parent(int node) {
    return parents[node] == NONE ? OptionalInt.empty() : OptionalInt.of(parents[node]);
  }

  Transition transition(int parent, int child) {
    return transitions.computeIfAbsent(
        new Link(parent, child), link -> Transition.between(nodes.get(parent), nodes.get(child)));
  }

  // The last node is the root of all roots.
  private List<Arc> arcs(Set<Link> links) {
    List<Arc> arcs = new ArrayList<>();
    for (Link link : links) {
      add(arcs, link.one(), link.other());
      add(arcs, link.other(), link.one());
    }
    for (int node = 0; node < nodes.size(); node++) {
      arcs.add(new Arc(nodes.size(), node, Cost.ROOT));
    }
    arcs.sort(Comparator.comparing(arc -> arc.from() < nodes.size() ? path(arc.from()) : ""));
    return arcs;
  }

  private String path(int node) {
    return nodes.get(node).file().path();
  }

  private void add(List<Arc> arcs, int parent, int child) {
    Transition transition = transition(parent, child);
    if (transition.isPlausible(nodes.get(child))) {
      arcs.add(new Arc(parent, child, cost(parent, child, transition)));
    }
  }

  private Cost cost(int parent, int child, Transition transition) {
    Node before = nodes.get(parent);
    Node after = nodes.get(child);
    // Training leads away from the stored LUT: the way back is not free.
    double back =
        transition.kind() == EdgeKind.TRAIN ? Math.max(0, before.trained() - after.trained()) : 0;
    boolean claimed = !transition.isProof() && claims.isBefore(after.file(), before.file());
    int against = Hints.isBefore(after.file(), before.file()) ? 1 : 0;
    return Cost.of(
        claimed ? 1 : 0, transition.unexplained(), transition.distance() + back, against);
  }

  // From a sibling to the parent of both.
  private boolean lift(int node) {
    int sibling = parents[node];
    if (sibling == NONE || parents[sibling] == NONE) {
      return false;
    }
    int parent = parents[sibling];
    Transition there = transition(parent, sibling);
    Transition onward = transition(sibling, node);
    Transition direct = transition(parent, node);
    boolean trained =
        there.kind() == EdgeKind.TRAIN
            && onward.kind() == EdgeKind.TRAIN
            && direct.kind() == EdgeKind.TRAIN
            && direct.unexplained() <= onward.unexplained();
    boolean continued =
        Hints.isStepBefore(nodes.get(sibling).file(), nodes.get(node).file())
            || direct.distance() - onward.distance() >= SAVED * there.distance();
    if (trained && !continued) {
      parents[node] = parent;
      return true;
    }
    return false;
  }
}
