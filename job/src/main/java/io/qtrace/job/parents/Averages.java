package io.qtrace.job.parents;

import io.qtrace.job.archive.Role;
import io.qtrace.job.operations.Blend;
import io.qtrace.job.operations.Train;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds checkpoints that are averages of others. Candidates are found by sketches, since an average
 * lies between its members; the tensors of each candidate then decide.
 */
final class Averages {
  private static final int POOL = 16; // nearest checkpoints that may be members

  // An average is nearer to where its members put it than to each of them: by this part, squared.
  private static final double BETWEEN = 0.1;

  private static final double TWIN = 1 / 16.0; // squared, of the distance to the next one

  private final List<MeasuredCheckpoint> nodes;
  private final Tree tree;

  private final Set<Integer> seen;
  private final Evaluation evaluation;
  private final Map<String, Integer> places = new HashMap<>(); // by identifier
  private final Map<Integer, List<Integer>> found = new HashMap<>();

  private Averages(
      List<MeasuredCheckpoint> nodes, Tree tree, Set<Integer> seen, Evaluation evaluation) {
    this.nodes = nodes;
    this.tree = tree;
    this.seen = seen;
    this.evaluation = evaluation;
    nodes.forEach(node -> places.put(node.file().id(), places.size()));
  }

  /**
   * The members of each average, by positions, in order of their files.
   *
   * @param seen positions of checkpoints that an earlier search evaluated: averages of those alone
   *     are not searched again
   */
  static Map<Integer, List<Integer>> of(
      List<MeasuredCheckpoint> nodes, Tree tree, Set<Integer> seen, Evaluation evaluation) {
    Averages search = new Averages(nodes, tree, seen, evaluation);
    search.addKnown();
    List<Integer> open = IntStream.range(0, nodes.size()).filter(search::isOpen).boxed().toList();
    search.ask(open, Set.of());
    // Averages lie between averages too: those of no others count.
    Set<Integer> averages = Set.copyOf(search.found.keySet());
    search.ask(open.stream().filter(node -> search.isNear(node, averages)).toList(), averages);
    search.cutRings();
    return search.found;
  }

  private void addKnown() {
    evaluation
        .knownAverages()
        .forEach(
            (child, members) -> {
              if (places.containsKey(child) && places.keySet().containsAll(members)) {
                found.put(places.get(child), inOrder(members));
              }
            });
  }

  // Whether no earlier search found it, and no operation explains it from one parent.
  private boolean isOpen(int node) {
    OptionalInt parent = tree.parent(node);
    if (found.containsKey(node)) {
      return false;
    }
    if (parent.isEmpty()) {
      return true;
    }
    Transition made = tree.transition(parent.getAsInt(), node);
    return made.unexplained() > 0 || made.invented() > 0;
  }

  // Rounding to few bits may take an average from between its members, and so may damage: of a
  // file whose name is none that training gives, training explains too little.
  private boolean isUnexplained(int node) {
    Role role = nodes.get(node).file().role();
    OptionalInt parent = tree.parent(node);
    return parent.isEmpty()
        ? role != Role.INITIAL
        : role == Role.OTHER || tree.transition(parent.getAsInt(), node).unexplained() > 0;
  }

  private boolean isNear(int node, Set<Integer> averages) {
    List<Integer> others = found.getOrDefault(node, pool(node, Set.of()));
    return !Collections.disjoint(others, averages);
  }

  private void ask(List<Integer> open, Set<Integer> without) {
    List<Evaluation.Pool> questions = new ArrayList<>();
    for (int node : open) {
      List<Integer> pool = pool(node, without);
      boolean asked = seen.contains(node) && seen.containsAll(pool);
      if (!asked && (isUnexplained(node) || mayBe(node, pool))) {
        questions.add(new Evaluation.Pool(id(node), pool.stream().map(this::id).toList()));
      }
    }
    evaluation
        .averages(questions)
        .forEach(
            (pool, members) -> {
              if (members.size() > 1) {
                found.put(places.get(pool.child()), inOrder(members));
              }
            });
  }

  // Of two averages of each other, the later one is dropped.
  private void cutRings() {
    for (int node : found.keySet().stream().sorted(byFile().reversed()).toList()) {
      Set<Integer> before = new HashSet<>();
      List<Integer> open = new ArrayList<>(found.get(node));
      while (!open.isEmpty()) {
        int member = open.remove(open.size() - 1);
        if (before.add(member)) {
          open.addAll(found.getOrDefault(member, List.of()));
        }
      }
      if (before.contains(node)) {
        found.remove(node);
      }
    }
  }

  private Comparator<Integer> byFile() {
    return Comparator.comparing(node -> nodes.get(node).file());
  }

  private List<Integer> inOrder(Collection<String> members) {
    return members.stream().map(places::get).sorted(byFile()).toList();
  }

  /**
   * The tree without edges from an average to its members, and from others to an average: a damaged
   * copy comes from it.
   */
  static Tree first(Tree tree, Map<Integer, List<Integer>> averages) {
    Set<Tree.Arrow> barred = new HashSet<>();
    for (Link link : averages.isEmpty() ? Set.<Link>of() : tree.links()) {
      bar(link.one(), link.other(), averages, barred);
      bar(link.other(), link.one(), averages, barred);
    }
    Tree found = barred.isEmpty() ? tree : tree.without(Set.copyOf(barred));
    while (barred.addAll(rings(found, averages))) {
      found = tree.without(Set.copyOf(barred));
    }
    return found;
  }

  private static void bar(
      int from, int to, Map<Integer, List<Integer>> averages, Set<Tree.Arrow> barred) {
    if (averages.containsKey(to) && !averages.get(to).contains(from)) {
      barred.add(new Tree.Arrow(from, to));
    }
  }

  private static Set<Tree.Arrow> rings(Tree tree, Map<Integer, List<Integer>> averages) {
    Set<Tree.Arrow> rings = new HashSet<>();
    averages.forEach(
        (average, members) -> {
          for (int node : members) {
            OptionalInt up = tree.parent(node);
            while (up.isPresent() && up.getAsInt() != average) {
              node = up.getAsInt();
              up = tree.parent(node);
            }
            if (up.isPresent()) {
              rings.add(new Tree.Arrow(average, node));
            }
          }
        });
    return rings;
  }

  private List<Integer> pool(int node, Set<Integer> without) {
    Sketch sketch = nodes.get(node).sketch();
    Set<Integer> nearest =
        tree.neighbours(node).stream()
            .filter(other -> !without.contains(other))
            .filter(other -> !isMadeOf(other, node))
            .sorted(
                Comparator.<Integer>comparingDouble(
                        other -> nodes.get(other).sketch().roughly(sketch))
                    .thenComparing(byFile()))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    // Conversions of one checkpoint must not fill the pool.
    Map<Integer, Integer> likest = new LinkedHashMap<>(); // by what was trained last before it
    for (int other : nearest) {
      likest.merge(
          trained(other),
          other,
          (one, next) -> shared(next, node) > shared(one, node) ? next : one);
    }
    Stream<Integer> different =
        likest.entrySet().stream()
            .flatMap(one -> Stream.of(one.getValue(), one.getKey()).filter(nearest::contains));
    return Stream.concat(different, nearest.stream()).distinct().limit(POOL).toList();
  }

  // Whether tools, not training, made a checkpoint of another one: it has the numbers of that.
  private boolean isMadeOf(int other, int node) {
    int last = other;
    OptionalInt up = tree.parent(last);
    while (up.isPresent()
        && !tree.transition(up.getAsInt(), last).kind().equals(Train.KIND)
        && up.getAsInt() != node) {
      last = up.getAsInt();
      up = tree.parent(last);
    }
    return up.isPresent()
        && up.getAsInt() == node
        && !tree.transition(node, last).kind().equals(Train.KIND);
  }

  // The node whose numbers a node has, as operations but training leave them.
  private int trained(int node) {
    int last = node;
    OptionalInt up = tree.parent(last);
    while (up.isPresent() && tree.transition(up.getAsInt(), last).invented() == 0) {
      last = up.getAsInt();
      up = tree.parent(last);
    }
    return last;
  }

  private int shared(int other, int node) {
    return tree.transition(other, node).shared();
  }

  // Whether it lies between others, or may be of a moving average in one.
  private boolean mayBe(int node, List<Integer> pool) {
    return pool.stream().anyMatch(other -> nodes.get(other).sketch().shadow())
        || isBetween(nodes.get(node).sketch(), sketches(pool))
        || isBetween(nodes.get(node).sketch(), withoutTwin(nodes.get(node).sketch(), pool));
  }

  // The pool without a damaged copy, which is much closer than all others; empty without such a
  // copy.
  private List<Sketch> withoutTwin(Sketch sketch, List<Integer> pool) {
    List<Sketch> nearest =
        sketches(pool).stream().sorted(Comparator.comparingDouble(sketch::roughly)).toList();
    boolean twin =
        nearest.size() > 2
            && nearest.get(0).roughly(sketch) < TWIN * nearest.get(1).roughly(sketch);
    return twin ? nearest.subList(1, nearest.size()) : List.of();
  }

  private static boolean isBetween(Sketch sketch, List<Sketch> pool) {
    if (pool.size() < 2) {
      return false;
    }
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < Sketch.DIMENSIONS; i++) {
      int at = i;
      rows.add(
          pool.stream()
              .mapToDouble(other -> (double) other.projection()[at] - sketch.projection()[at])
              .toArray());
    }
    boolean[] used = new boolean[pool.size()];
    Arrays.fill(used, true);
    double[] weights = new Blend(rows, Double.POSITIVE_INFINITY).weights(used);
    double off = rows.stream().mapToDouble(row -> Math.pow(Blend.residual(row, weights), 2)).sum();
    double nearest = pool.stream().mapToDouble(sketch::roughly).min().orElseThrow();
    return off <= BETWEEN * nearest;
  }

  private List<Sketch> sketches(Collection<Integer> some) {
    return some.stream().map(node -> nodes.get(node).sketch()).toList();
  }

  private String id(int node) {
    return nodes.get(node).file().id();
  }
}
