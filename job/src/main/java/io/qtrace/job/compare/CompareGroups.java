package io.qtrace.job.compare;

import io.qtrace.job.compare.CompareRequest.Pair;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Divides a request into groups of checkpoints that are planned and read together: what is compared
 * is in one group, so that each byte is read once however many pairs it is part of. A group has a
 * bounded number of tensors; where more are connected than fit, a parent is in several groups, and
 * measured in one.
 */
final class CompareGroups {
  /** Tensors of one group at most, if memory is ample: its plan holds them at once. */
  static final int MOST_TENSORS = 100_000;

  private final int most; // tensors of a group
  private final Function<String, IndexedCheckpoint.Readable> indexed;
  private final List<Group> groups = new ArrayList<>();

  private CompareGroups(Function<String, IndexedCheckpoint.Readable> indexed, int most) {
    this.most = most;
    this.indexed = indexed;
  }

  /**
   * Checkpoints that are read together.
   *
   * @param checkpoints in the request's order
   * @param measured those of them that are measured here
   */
  record Group(int number, List<String> checkpoints, Set<String> measured, List<Pair> pairs)
      implements Serializable {
    Group {
      checkpoints = List.copyOf(checkpoints);
      measured = Set.copyOf(measured);
      pairs = List.copyOf(pairs);
    }
  }

  /**
   * The groups of a request.
   *
   * @param most number of tensors of a group, unless one pair has more
   */
  static List<Group> of(
      CompareRequest request, Function<String, IndexedCheckpoint.Readable> indexed, int most) {
    CompareGroups groups = new CompareGroups(indexed, most);
    Map<String, List<Pair>> pairs = new HashMap<>(); // by child
    request.pairs().forEach(p -> pairs.computeIfAbsent(p.right(), c -> new ArrayList<>()).add(p));
    Map<String, List<String>> components = new LinkedHashMap<>();
    Components connected = new Components();
    request.pairs().forEach(pair -> connected.join(pair.left(), pair.right()));
    for (String checkpoint : request.checkpoints()) {
      components
          .computeIfAbsent(connected.root(checkpoint), root -> new ArrayList<>())
          .add(checkpoint);
    }
    Set<String> measured = new HashSet<>(request.measured());
    Open open = groups.new Open(request.checkpoints());
    for (List<String> component : components.values()) {
      if (!open.fits(component)) {
        open.close();
      }
      for (String child : component) {
        open.add(child, pairs.getOrDefault(child, List.of()), measured);
      }
    }
    open.close();
    return groups.groups;
  }

  private long tensors(String checkpoint) {
    return Math.max(1, indexed.apply(checkpoint).tensors());
  }

  /** A group to which checkpoints can still be added. */
  private final class Open {
    private final Map<String, Integer> order = new HashMap<>();
    private final Set<String> members = new LinkedHashSet<>();
    private final Set<String> measured = new HashSet<>();
    private final List<Pair> pairs = new ArrayList<>();
    private long tensors;

    Open(List<String> checkpoints) {
      checkpoints.forEach(checkpoint -> order.put(checkpoint, order.size()));
    }

    boolean fits(List<String> more) {
      return tensors + more.stream().mapToLong(CompareGroups.this::tensors).sum() <= most;
    }

    /** Adds a child with its parents; checkpoints that no group measures yet are measured here. */
    void add(String child, List<Pair> itsPairs, Set<String> unmeasured) {
      Set<String> more = new LinkedHashSet<>();
      itsPairs.forEach(pair -> more.add(pair.left()));
      more.add(child);
      more.removeAll(members);
      if (!fits(List.copyOf(more)) && !members.isEmpty()) {
        close();
        add(child, itsPairs, unmeasured);
        return;
      }
      for (String checkpoint : more) {
        members.add(checkpoint);
        tensors += tensors(checkpoint);
        if (unmeasured.remove(checkpoint)) {
          measured.add(checkpoint);
        }
      }
      pairs.addAll(itsPairs);
    }

    void close() {
      if (!members.isEmpty()) {
        List<String> sorted = new ArrayList<>(members);
        sorted.sort((one, other) -> Integer.compare(order.get(one), order.get(other)));
        groups.add(new Group(groups.size(), sorted, measured, pairs));
      }
      members.clear();
      measured.clear();
      pairs.clear();
      tensors = 0;
    }
  }

  /** Sets of connected checkpoints. */
  private static final class Components {
    private final Map<String, String> parents = new HashMap<>();

    void join(String one, String other) {
      parents.put(root(one), root(other));
    }

    String root(String checkpoint) {
      String root = checkpoint;
      while (!parents.getOrDefault(root, root).equals(root)) {
        root = parents.get(root);
      }
      for (String at = checkpoint; !at.equals(root); ) { // shortens the way
        String next = parents.getOrDefault(at, at);
        parents.put(at, root);
        at = next;
      }
      return root;
    }
  }
}
