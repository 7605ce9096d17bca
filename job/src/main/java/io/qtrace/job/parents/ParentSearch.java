package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the parent of every checkpoint from sketches of their tensors; reads no file and holds no
 * tensor. Declared parents, names of files and their times decide only where the weights leave a
 * choice, as between identical files. Candidates are a few for each checkpoint: those that share
 * contents, and those whose small tensors are near; never all pairs. Those that an earlier search
 * evaluated are kept, and only new checkpoints are searched for others. The result is the same for
 * the same checkpoints in any order.
 */
public final class ParentSearch {
  private final Evaluation evaluation;

  public ParentSearch(Evaluation evaluation) {
    this.evaluation = evaluation;
  }

  /** A root or an edge for each of the checkpoints. */
  public Forest run(Collection<MeasuredCheckpoint> checkpoints, DeclaredParents claims) {
    return run(checkpoints, claims, Map.of());
  }

  /**
   * The same after some steps were verified.
   *
   * @param proved what the data of both ends shows, by step
   */
  public Forest run(
      Collection<MeasuredCheckpoint> checkpoints,
      DeclaredParents claims,
      Map<ProvedStep, Verification> proved) {
    List<List<MeasuredCheckpoint>> alike = alike(checkpoints, claims);
    Map<CheckpointFile, CheckpointFile> originals = new HashMap<>();
    alike.forEach(same -> same.forEach(copy -> originals.put(copy.file(), same.get(0).file())));
    Map<CheckpointFile, List<MeasuredCheckpoint>> copies = new HashMap<>(); // by the original
    alike.forEach(same -> copies.put(same.get(0).file(), same));
    List<MeasuredCheckpoint> nodes =
        Locality.HALVES.order(alike.stream().map(same -> same.get(0)).toList());
    DeclaredParents claimed = claims.of(file -> originals.getOrDefault(file, file));
    Set<Link> links = links(nodes, claimed);
    Tree tree = new Tree(nodes, links, claimed, proved, evaluation);
    tree = Assemblies.first(nodes, tree, claimed);
    Map<Integer, List<Integer>> averages = Averages.of(nodes, tree, seen(nodes), evaluation);
    tree = Averages.first(tree, averages);
    tree.evaluate(averages);
    Map<Integer, Assemblies.Parents> assembled = Assemblies.of(nodes, tree, claimed);
    List<CheckpointFile> roots = new ArrayList<>();
    List<InferredEdge> edges = new ArrayList<>();
    List<InferredEdge> donors = new ArrayList<>();
    List<InferredEdge> rivals = new ArrayList<>();
    for (int child = 0; child < nodes.size(); child++) {
      Assemblies.Parents two = assembled.get(child);
      List<Integer> members = averages.get(child);
      if (members != null) {
        edges.add(of(members.get(0), child, nodes, copies, tree, InferredEdge::average));
        for (int member : members.subList(1, members.size())) {
          donors.add(of(member, child, nodes, copies, tree, InferredEdge::average));
        }
      } else if (two != null) {
        edges.add(of(two.base(), child, nodes, copies, tree, InferredEdge::graft));
        donors.add(of(two.donor(), child, nodes, copies, tree, InferredEdge::graft));
      } else if (tree.parent(child).isPresent()) {
        int parent = tree.parent(child).getAsInt();
        edges.add(of(parent, child, nodes, copies, tree, InferredEdge::of));
        for (int rival : tree.rivals(child)) {
          rivals.add(of(rival, child, nodes, copies, tree, InferredEdge::of));
        }
      } else {
        roots.add(nodes.get(child).file());
      }
    }
    for (List<MeasuredCheckpoint> same : alike) {
      for (MeasuredCheckpoint copy : same.subList(1, same.size())) {
        edges.add(InferredEdge.copy(same.get(0).file(), copy.file(), copy.sketch().tensors()));
      }
    }
    roots.sort(null);
    edges.sort(Comparator.comparing(InferredEdge::child));
    donors.sort(Comparator.comparing(InferredEdge::child));
    return new Forest(roots, edges, donors, mixed(nodes, tree), rivals);
  }

  private static List<Forest.MixedPair> mixed(List<MeasuredCheckpoint> nodes, Tree tree) {
    return tree.links().stream()
        .filter(link -> tree.transition(link.one(), link.other()).mixed())
        .map(
            link ->
                new Forest.MixedPair(nodes.get(link.one()).file(), nodes.get(link.other()).file()))
        .toList();
  }

  /** Makes an edge from a transition. */
  private interface EdgeMaker {
    InferredEdge of(CheckpointFile parent, CheckpointFile child, Transition transition);
  }

  private static InferredEdge of(
      int parent,
      int child,
      List<MeasuredCheckpoint> nodes,
      Map<CheckpointFile, List<MeasuredCheckpoint>> copies,
      Tree tree,
      EdgeMaker maker) {
    return maker.of(
        nearest(copies.get(nodes.get(parent).file()), nodes.get(child).file()),
        nodes.get(child).file(),
        tree.transition(parent, child));
  }

  // Among parents with the same content: the one in the child's own run, else the first.
  private static CheckpointFile nearest(List<MeasuredCheckpoint> parents, CheckpointFile child) {
    return parents.stream()
        .map(MeasuredCheckpoint::file)
        .filter(file -> file.run().equals(child.run()))
        .findFirst()
        .orElse(parents.get(0).file());
  }

  // Up to this number every pair is a candidate.
  private static final int FEW = 64;

  // Positions of those that an earlier search evaluated.
  private Set<Integer> seen(List<MeasuredCheckpoint> nodes) {
    Set<String> known = new HashSet<>();
    evaluation.known().forEach(pair -> known.addAll(List.of(pair.one(), pair.other())));
    Set<Integer> seen = new HashSet<>();
    for (int node = 0; node < nodes.size(); node++) {
      if (known.contains(nodes.get(node).file().id())) {
        seen.add(node);
      }
    }
    return seen;
  }

  // Those of earlier searches, and those of the checkpoints that none of them saw.
  private Set<Link> links(List<MeasuredCheckpoint> nodes, DeclaredParents claims) {
    Map<String, Integer> places = new HashMap<>();
    nodes.forEach(node -> places.put(node.file().id(), places.size()));
    Set<Link> links = new TreeSet<>();
    Set<Integer> unseen = new TreeSet<>(places.values());
    for (Candidate known : evaluation.known()) {
      Integer one = places.get(known.one());
      Integer other = places.get(known.other());
      if (one != null && other != null) {
        links.add(Link.between(one, other));
        unseen.removeAll(List.of(one, other));
      }
    }
    if (nodes.size() <= FEW) {
      for (int one : unseen) {
        places.values().stream()
            .filter(other -> other != one)
            .forEach(other -> links.add(Link.between(one, other)));
      }
      return links;
    }
    Stream.concat(ContentLinks.of(nodes).stream(), declared(nodes, places, claims))
        .filter(link -> unseen.contains(link.one()) || unseen.contains(link.other()))
        .forEach(links::add);
    return NearLinks.added(nodes, links, unseen);
  }

  private static Stream<Link> declared(
      List<MeasuredCheckpoint> nodes, Map<String, Integer> places, DeclaredParents claims) {
    return IntStream.range(0, nodes.size())
        .boxed()
        .flatMap(
            child ->
                claims.parents(nodes.get(child).file()).stream()
                    .map(parent -> places.get(parent.id()))
                    .filter(Objects::nonNull)
                    .map(parent -> Link.between(child, parent)));
  }

  // Checkpoints by content, the original of each first.
  private static List<List<MeasuredCheckpoint>> alike(
      Collection<MeasuredCheckpoint> checkpoints, DeclaredParents claims) {
    Map<String, List<MeasuredCheckpoint>> byContent = new LinkedHashMap<>();
    checkpoints.stream()
        .sorted(Comparator.comparing(MeasuredCheckpoint::file, Hints.ORIGINAL_FIRST))
        .forEach(
            one ->
                byContent.computeIfAbsent(one.sketch().content(), c -> new ArrayList<>()).add(one));
    return byContent.values().stream().map(copies -> originalFirst(copies, claims)).toList();
  }

  // The first that no declaration derives from another of them.
  private static List<MeasuredCheckpoint> originalFirst(
      List<MeasuredCheckpoint> copies, DeclaredParents claims) {
    MeasuredCheckpoint original =
        copies.stream()
            .filter(
                one ->
                    copies.stream().noneMatch(other -> claims.isBefore(other.file(), one.file())))
            .findFirst()
            .orElse(copies.get(0));
    List<MeasuredCheckpoint> ordered = new ArrayList<>(copies);
    ordered.remove(original);
    ordered.add(0, original);
    return ordered;
  }
}
