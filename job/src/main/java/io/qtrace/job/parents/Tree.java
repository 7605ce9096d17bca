package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.operations.ReplaceLut;
import io.qtrace.job.operations.Requantize;
import io.qtrace.job.operations.Train;
import io.qtrace.job.parents.Arborescence.Arc;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** The parents, among linked nodes of different contents, that leave the least unexplained. */
final class Tree {
  private static final int NONE = -1;
  private static final int RIVALS = 8; // of a parent, that are verified
  private static final Set<EdgeKind> AGAIN = Set.of(Requantize.KIND, ReplaceLut.KIND);

  private final List<MeasuredCheckpoint> nodes;
  private final List<String> ids; // of the nodes, each a hash
  private final Set<Link> links;
  private final Map<Integer, Set<Integer>> neighbours = new HashMap<>();
  private final DeclaredParents claims;
  private final Map<ProvedStep, Verification> proved;
  private final Evaluation evaluation;
  private final Map<Candidate, Candidate.Transitions> transitions;
  private final Set<Arrow> barred;
  private final int[] parents;

  Tree(
      List<MeasuredCheckpoint> nodes,
      Set<Link> links,
      DeclaredParents claims,
      Map<ProvedStep, Verification> proved,
      Evaluation evaluation) {
    this(nodes, links, claims, proved, evaluation, new HashMap<>(), Set.of());
  }

  private Tree(
      List<MeasuredCheckpoint> nodes,
      Set<Link> links,
      DeclaredParents claims,
      Map<ProvedStep, Verification> proved,
      Evaluation evaluation,
      Map<Candidate, Candidate.Transitions> transitions,
      Set<Arrow> barred) {
    this.nodes = nodes;
    this.ids = nodes.stream().map(node -> node.file().id()).toList();
    this.links = links;
    for (Link link : links) {
      neighbours.computeIfAbsent(link.one(), node -> new HashSet<>()).add(link.other());
      neighbours.computeIfAbsent(link.other(), node -> new HashSet<>()).add(link.one());
    }
    this.claims = claims;
    this.proved = proved;
    this.evaluation = evaluation;
    this.transitions = transitions;
    this.barred = barred;
    this.parents = new int[nodes.size()];
    evaluate(links.stream().map(link -> candidate(link.one(), link.other())).toList());
    Arc[] cheapest = Arborescence.of(nodes.size() + 1, nodes.size(), arcs(links));
    for (int node = 0; node < parents.length; node++) {
      int from = cheapest[node].from();
      parents[node] = from == nodes.size() ? NONE : from;
    }
    boolean moved = true;
    while (moved) { // each move brings a node nearer to its root
      moved = false;
      evaluate(
          IntStream.range(0, parents.length)
              .filter(this::mayLift)
              .mapToObj(node -> candidate(parents[parents[node]], node))
              .toList());
      for (int node = 0; node < parents.length; node++) {
        moved |= lift(node);
      }
    }
    for (int node = 0; node < parents.length; node++) {
      refine(node);
    }
  }

  /** An edge from a node to another. */
  record Arrow(int from, int to) {}

  /** The tree of the same nodes without some edges. */
  Tree without(Set<Arrow> ways) {
    Set<Arrow> all = new HashSet<>(barred);
    all.addAll(ways);
    return new Tree(nodes, links, claims, proved, evaluation, transitions, all);
  }

  /** Evaluates the steps to nodes from others, which need not be linked. */
  void evaluate(Map<Integer, List<Integer>> parents) {
    evaluate(
        parents.entrySet().stream()
            .flatMap(
                entry -> entry.getValue().stream().map(from -> candidate(from, entry.getKey())))
            .toList());
  }

  /** Nodes of which each was evaluated as a parent of the other. */
  Set<Link> links() {
    return links;
  }

  /** The nodes that are linked to one. */
  Set<Integer> neighbours(int node) {
    return neighbours.getOrDefault(node, Set.of());
  }

  /** The parent of a node; empty for a root. */
  OptionalInt parent(int node) {
    return parents[node] == NONE ? OptionalInt.empty() : OptionalInt.of(parents[node]);
  }

  Transition transition(int parent, int child) {
    Candidate candidate = candidate(parent, child);
    Candidate.Transitions both = transitions.get(candidate);
    Transition shown = candidate.one().equals(ids.get(parent)) ? both.forward() : both.backward();
    Verification found = proved.get(step(parent, child));
    return found == null ? shown : shown.withUnexplained(found.unexplained());
  }

  private ProvedStep step(int parent, int child) {
    return new ProvedStep(
        nodes.get(parent).sketch().content(), nodes.get(child).sketch().content());
  }

  private Candidate candidate(int one, int other) {
    return Candidate.of(ids.get(one), ids.get(other));
  }

  private void evaluate(List<Candidate> candidates) {
    List<Candidate> missing =
        candidates.stream().distinct().filter(one -> !transitions.containsKey(one)).toList();
    if (!missing.isEmpty()) {
      transitions.putAll(evaluation.transitions(missing));
    }
  }

  // The last node stands for the parent of all roots.
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
    if (transition.plausible() && !barred.contains(new Arrow(parent, child))) {
      arcs.add(new Arc(parent, child, cost(parent, child, transition)));
    }
  }

  private Cost cost(int parent, int child) {
    return cost(parent, child, transition(parent, child));
  }

  private Cost cost(int parent, int child, Transition transition) {
    MeasuredCheckpoint before = nodes.get(parent);
    MeasuredCheckpoint after = nodes.get(child);
    // Training leads away from the stored LUT: the way back is not free. NaN leads nowhere.
    double trained = before.sketch().trained() - after.sketch().trained();
    double back = isTraining(transition) && trained > 0 ? trained : 0;
    // A checkpoint named initial is where training starts, never its result; nor does its run take
    // another run's checkpoint to quantize that again, or a damaged copy of it to mend that.
    boolean first = after.file().role() == Role.INITIAL;
    boolean again =
        first
            && (isElsewhere(before.file(), after.file())
                ? transition.mends() || AGAIN.contains(transition.kind())
                : transition.mends() && isShorter(after.file(), before.file()))
            && !claims.claims(before.file(), after.file());
    boolean claimed =
        again
            || (!transition.proof()
                && ((first && isTraining(transition))
                    || claims.isBefore(after.file(), before.file())));
    int against =
        (Hints.isBefore(after.file(), before.file()) ? 1 : 0)
            + (isElsewhere(before.file(), after.file()) ? 2 : 0)
            + (transition.mends() ? 4 : 0);
    // Training mends nothing.
    int mended = isTraining(transition) && transition.mends() ? 1 : 0;
    return Cost.of(
        claimed ? 1 : 0,
        transition.unexplained() + mended,
        transition.invented(),
        transition.changed(),
        transition.distance() + back,
        claims.isClaimed(before.file(), after.file()) ? 0 : 1,
        against);
  }

  private static boolean isElsewhere(CheckpointFile one, CheckpointFile other) {
    return !one.run().equals(other.run());
  }

  // Tools add to the names of what they make of a file.
  private static boolean isShorter(CheckpointFile one, CheckpointFile other) {
    return one.fileName().length() < other.fileName().length();
  }

  private static boolean isTraining(Transition transition) {
    return transition.kind().equals(Train.KIND);
  }

  /**
   * Other parents that explain a node as well as its own, if the data does not reproduce that step
   * exactly: a few, those that names and times suggest first.
   */
  List<Integer> rivals(int node) {
    if (parents[node] == NONE || !verification(parents[node], node).isInexact()) {
      return List.of();
    }
    Cost own = cost(parents[node], node);
    return neighbours(node).stream()
        .filter(other -> other != parents[node] && isRival(other, node, own))
        .sorted(
            Comparator.comparing((Integer other) -> cost(other, node)).thenComparing(this::path))
        .limit(RIVALS)
        .toList();
  }

  // Of parents that explain a node equally, the one with clearly fewer inexact elements.
  private void refine(int node) {
    for (int rival : rivals(node)) {
      if (proved.containsKey(step(rival, node))
          && verification(rival, node).isMoreExact(verification(parents[node], node))
          && !isAbove(node, rival)) {
        parents[node] = rival;
      }
    }
  }

  private boolean isRival(int other, int node, Cost own) {
    return transition(other, node).plausible()
        && transition(other, node).kind().equals(transition(parents[node], node).kind())
        && !barred.contains(new Arrow(other, node))
        && cost(other, node).isAsLow(own);
  }

  private Verification verification(int parent, int node) {
    return proved.getOrDefault(step(parent, node), Verification.EXACT);
  }

  private boolean isAbove(int node, int other) {
    int up = other;
    while (up != NONE && up != node) {
      up = parents[up];
    }
    return up == node;
  }

  // Whether a node may hang on the parent of its parent in place of it: two runs from one start.
  private boolean mayLift(int node) {
    int sibling = parents[node];
    return sibling != NONE
        && parents[sibling] != NONE
        && !barred.contains(new Arrow(parents[sibling], node))
        && isTraining(transition(parents[sibling], sibling))
        && isTraining(transition(sibling, node))
        && !Hints.isStepBefore(nodes.get(sibling).file(), nodes.get(node).file());
  }

  // From a sibling to the parent of both; what was not evaluated has its turn in the next round.
  private boolean lift(int node) {
    if (!mayLift(node)) {
      return false;
    }
    int sibling = parents[node];
    int parent = parents[sibling];
    if (!transitions.containsKey(candidate(parent, node))) {
      return true;
    }
    Transition there = transition(parent, sibling);
    Transition onward = transition(sibling, node);
    Transition direct = transition(parent, node);
    boolean trained = isTraining(direct) && direct.unexplained() <= onward.unexplained();
    // What the sibling trained and this one left has its very bytes.
    boolean continued =
        onward.invented() < direct.invented()
            || direct.distance() - onward.distance() >= Transition.SAVED * there.distance();
    if (trained && !continued) {
      parents[node] = parent;
      return true;
    }
    return false;
  }
}
