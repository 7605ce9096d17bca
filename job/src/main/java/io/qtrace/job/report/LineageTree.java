package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.io.Amount;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Checkpoints as a forest: below each checkpoint those that were made from it. A checkpoint with
 * several edges is below the parent with the strongest evidence: one that the weights show, else
 * the one before it in its run, else the declared one; never below one that the weights contradict.
 *
 * @param checkpoints each after its parent, siblings sorted by path
 */
public record LineageTree(String archive, String auditId, List<Node> checkpoints) {
  /**
   * One checkpoint.
   *
   * @param id identifier of its content, {@code checkpoint_id} in the tables
   * @param parent path of the one above it; null for a root
   * @param depth edges from its root
   * @param edge how it was made; null for a root
   * @param contradicted other edges to it, which the weights contradict
   * @param others further edges to it, such as the one from the source of its run
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Node(
      String id,
      String path,
      String parent,
      int depth,
      RecordedEdge edge,
      List<RecordedEdge> contradicted,
      List<RecordedEdge> others) {}

  public LineageTree {
    checkpoints = List.copyOf(checkpoints);
  }

  /** The forest of an audited archive. */
  public static LineageTree of(AuditedArchive archive) {
    Map<String, String> paths = new TreeMap<>(); // by the checkpoint's id
    archive.checkpoints().forEach(one -> paths.put(one.id(), archive.path(one)));
    Map<String, List<RecordedEdge>> edges = new HashMap<>(); // by the child's id
    for (RecordedEdge edge : archive.report().edges()) {
      EdgeEnds ends = edge.edge().ends();
      paths.putIfAbsent(ends.parentId(), ends.parentPath());
      paths.putIfAbsent(ends.childId(), ends.childPath());
      edges.computeIfAbsent(ends.childId(), child -> new ArrayList<>()).add(edge);
    }
    Map<String, RecordedEdge> chosen = chosen(edges);
    Comparator<String> byPath = Comparator.comparing(paths::get);
    Map<String, List<String>> children = new HashMap<>();
    List<String> roots = new ArrayList<>();
    for (String id : paths.keySet()) {
      RecordedEdge edge = chosen.get(id);
      List<String> among =
          edge == null
              ? roots
              : children.computeIfAbsent(parentId(edge), parent -> new ArrayList<>());
      among.add(id);
    }
    children.values().forEach(list -> list.sort(byPath.reversed()));
    roots.sort(byPath.reversed());
    List<Node> nodes = new ArrayList<>();
    Map<String, Integer> depths = new HashMap<>();
    Deque<String> open = new ArrayDeque<>(); // the next one last
    roots.forEach(open::addLast);
    while (!open.isEmpty()) {
      String id = open.removeLast();
      RecordedEdge edge = chosen.get(id);
      int depth = edge == null ? 0 : depths.get(parentId(edge)) + 1;
      depths.put(id, depth);
      List<RecordedEdge> rest = new ArrayList<>(edges.getOrDefault(id, List.of()));
      rest.remove(edge);
      nodes.add(
          new Node(
              id,
              paths.get(id),
              edge == null ? null : paths.get(parentId(edge)),
              depth,
              edge,
              rest.stream().filter(other -> other.edge().isRejected()).toList(),
              rest.stream().filter(other -> !other.edge().isRejected()).toList()));
      children.getOrDefault(id, List.of()).forEach(open::addLast);
    }
    return new LineageTree(archive.report().archive(), archive.report().auditId(), nodes);
  }

  private static Map<String, RecordedEdge> chosen(Map<String, List<RecordedEdge>> edges) {
    Map<String, RecordedEdge> chosen = new TreeMap<>();
    edges.forEach(
        (child, all) ->
            all.stream()
                .filter(edge -> !edge.edge().isRejected())
                .max(
                    Comparator.comparingInt(LineageTree::weight)
                        .thenComparing(edge -> edge.edge().ends().parentPath()))
                .ifPresent(edge -> chosen.put(child, edge)));
    // A cycle of declarations is cut where it returns to a checkpoint on the path.
    Set<String> rooted = new HashSet<>();
    for (String child : List.copyOf(chosen.keySet())) {
      Set<String> passed = new HashSet<>();
      String at = child;
      while (chosen.containsKey(at) && !rooted.contains(at)) {
        passed.add(at);
        String parent = parentId(chosen.get(at));
        if (passed.contains(parent)) {
          chosen.remove(at);
          break;
        }
        at = parent;
      }
      rooted.addAll(passed);
    }
    return chosen;
  }

  private static String parentId(RecordedEdge edge) {
    return edge.edge().ends().parentId();
  }

  private static int weight(RecordedEdge edge) {
    int evidence = edge.edge().has(Evidence.WEIGHTS) ? 2 : edge.edge().has(Evidence.ORDER) ? 1 : 0;
    return edge.edge().kind().equals(EdgeKind.SEVERAL) ? evidence - 3 : evidence;
  }

  /**
   * The checkpoint of a path.
   *
   * @param path the whole path, or its end
   * @throws IllegalArgumentException if several paths match
   */
  public Optional<Node> find(String path) {
    List<Node> found =
        checkpoints.stream()
            .filter(node -> node.path().equals(path) || node.path().endsWith("/" + path))
            .toList();
    Optional<Node> whole = found.stream().filter(node -> node.path().equals(path)).findFirst();
    if (whole.isEmpty() && found.size() > 1) {
      throw new IllegalArgumentException(
          "Ambiguous checkpoint '%s': it matches %s and %s, expected more of the path"
              .formatted(path, found.get(0).path(), Amount.of(found.size() - 1, "other")));
    }
    return whole.or(() -> found.stream().findFirst());
  }

  /**
   * The part with the checkpoints of one run and those that they were made from.
   *
   * @param run a folder below the archive's root, or its last name
   */
  public LineageTree ofRun(String run) {
    Map<String, String> parents = new HashMap<>();
    Set<String> kept = new HashSet<>();
    for (Node node : checkpoints) {
      parents.put(node.path(), node.parent());
      String folder = RunTable.run(node.path());
      if (folder.equals(run) || folder.endsWith("/" + run)) {
        for (String path = node.path(); path != null && kept.add(path); ) {
          path = parents.get(path);
        }
      }
    }
    return only(node -> kept.contains(node.path()));
  }

  /**
   * The part near the roots.
   *
   * @param depth maximum number of edges between a checkpoint and its root
   */
  public LineageTree toDepth(int depth) {
    return only(node -> node.depth() <= depth);
  }

  private LineageTree only(Predicate<Node> which) {
    return new LineageTree(archive, auditId, checkpoints.stream().filter(which).toList());
  }
}
