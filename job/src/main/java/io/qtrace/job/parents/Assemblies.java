package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.operations.Quantize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds checkpoints assembled from two others, where no operation explains them from one. */
final class Assemblies {
  private final List<MeasuredCheckpoint> nodes;
  private final Tree tree;
  private final DeclaredParents claims;
  private final Map<Integer, Parents> found = new HashMap<>();

  private Assemblies(List<MeasuredCheckpoint> nodes, Tree tree, DeclaredParents claims) {
    this.nodes = nodes;
    this.tree = tree;
    this.claims = claims;
  }

  /**
   * The parents of an assembled node, by position.
   *
   * @param base the one that gave most tensors
   * @param donor the one that gave the others
   */
  record Parents(int base, int donor) {}

  /** The nodes assembled from two, with their parents. */
  static Map<Integer, Parents> of(
      List<MeasuredCheckpoint> nodes, Tree tree, DeclaredParents claims) {
    Assemblies search = new Assemblies(nodes, tree, claims);
    for (int node = 0; node < nodes.size(); node++) {
      int child = node;
      search.parents(child).ifPresent(two -> search.found.put(child, two));
    }
    return search.found;
  }

  /**
   * The tree without edges from assembled checkpoints to their parts, unless there is evidence for
   * them.
   */
  static Tree first(List<MeasuredCheckpoint> nodes, Tree tree, DeclaredParents claims) {
    Assemblies search = new Assemblies(nodes, tree, claims);
    Set<Tree.Arrow> ways = new HashSet<>();
    for (int node = 0; node < nodes.size(); node++) {
      int child = node;
      search
          .assembled(child, search.sharing(child))
          .filter(two -> search.isDirected(two, child))
          .ifPresent(
              two -> {
                ways.add(new Tree.Arrow(child, two.base()));
                ways.add(new Tree.Arrow(child, two.donor()));
              });
    }
    // If each of two can be made from the other, neither is known to be first.
    Set<Tree.Arrow> oneWay =
        ways.stream()
            .filter(way -> !ways.contains(new Tree.Arrow(way.to(), way.from())))
            .collect(Collectors.toSet());
    return oneWay.isEmpty() ? tree : tree.without(oneWay);
  }

  // Whether the child was put together after both: no operation makes either of it, no training
  // that is claimed, and claims name other parents of them, else times are later.
  private boolean isDirected(Parents two, int child) {
    return tree.transition(two.base(), child).invented() > 0
        && isBefore(two.base(), child)
        && isBefore(two.donor(), child);
  }

  private boolean isBefore(int one, int mixed) {
    return !tree.transition(mixed, one).proof()
        && !claims.isBefore(file(mixed), file(one))
        && (!claims.parents(file(one)).isEmpty() || Hints.isBefore(file(one), file(mixed)));
  }

  private Optional<Parents> parents(int child) {
    OptionalInt parent = tree.parent(child);
    if (parent.isPresent() && isExplained(parent.getAsInt(), child)) {
      return Optional.empty();
    }
    return assembled(
        child, sharing(child).stream().filter(other -> !isBelow(other, child)).toList());
  }

  // Neighbours with tensors of a node, those with the most first.
  private List<Integer> sharing(int child) {
    return tree.neighbours(child).stream()
        .filter(other -> tree.transition(other, child).shared() > 0)
        .sorted(
            Comparator.comparing((Integer other) -> -tree.transition(other, child).shared())
                .thenComparing(other -> file(other).path()))
        .toList();
  }

  private Optional<Parents> assembled(int child, List<Integer> others) {
    if (others.isEmpty()) {
      return Optional.empty();
    }
    int base = others.get(0);
    // A checkpoint that passed tensors on has them too.
    return others.stream()
        .filter(donor -> isGraft(base, donor, child))
        .min(Comparator.comparing(this::depth).thenComparing(donor -> file(donor).path()))
        .map(donor -> new Parents(base, donor));
  }

  // Blocks of what a checkpoint comes from are those that a tool left out.
  private boolean isGraft(int base, int donor, int child) {
    Transition ofBase = tree.transition(base, child);
    Transition ofDonor = tree.transition(donor, child);
    return Transition.isGraft(ofBase, ofDonor)
        || (Transition.isGraftOfBlocks(ofBase, ofDonor)
            && !isAncestor(base, donor, child)
            && !isAncestor(donor, base, child));
  }

  // Not through the child.
  private boolean isAncestor(int one, int other, int child) {
    OptionalInt up = tree.parent(other);
    while (up.isPresent() && up.getAsInt() != one && up.getAsInt() != child) {
      up = tree.parent(up.getAsInt());
    }
    return up.isPresent() && up.getAsInt() == one;
  }

  // Whether one operation makes the child, or it is a step of its run.
  private boolean isExplained(int parent, int child) {
    Transition made = tree.transition(parent, child);
    boolean own = file(parent).run().equals(file(child).run());
    return made.unexplained() == 0
        && (made.invented() == 0
            || made.kind().equals(Quantize.KIND)
            || (own && claims.claims(file(parent), file(child))));
  }

  // Whether a node is another or comes from it, those included that were found to have two parents.
  private boolean isBelow(int node, int ancestor) {
    Set<Integer> seen = new HashSet<>();
    List<Integer> open = new ArrayList<>(List.of(node));
    while (!open.isEmpty()) {
      int one = open.remove(open.size() - 1);
      if (one == ancestor) {
        return true;
      }
      if (seen.add(one)) {
        tree.parent(one).ifPresent(open::add);
        Optional.ofNullable(found.get(one))
            .ifPresent(two -> open.addAll(List.of(two.base(), two.donor())));
      }
    }
    return false;
  }

  private int depth(int node) {
    int depth = 0;
    for (OptionalInt up = tree.parent(node); up.isPresent(); up = tree.parent(up.getAsInt())) {
      depth++;
    }
    return depth;
  }

  private CheckpointFile file(int node) {
    return nodes.get(node).file();
  }
}
