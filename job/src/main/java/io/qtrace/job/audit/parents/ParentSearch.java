package io.qtrace.job.audit.parents;

import com.dynatrace.hash4j.hashing.HashValue128;
import io.qtrace.job.archive.CheckpointFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Finds the parent of every checkpoint from what was measured of its tensors; reads no file. What
 * runs claim, names of files and their times decide only where the weights leave a choice, as
 * between identical files. Candidates are a few for each checkpoint: those that share contents, and
 * those whose small tensors are near; never all pairs. The result is the same for the same
 * checkpoints in any order.
 */
public final class ParentSearch {
  private final ContentLinks contents;

  public ParentSearch(JavaSparkContext spark) {
    this.contents = new ContentLinks(spark);
  }

  /** A root or an edge for each of the checkpoints. */
  public Forest run(Collection<MeasuredCheckpoint> checkpoints, Claims claims) {
    List<List<Node>> alike = alike(checkpoints, claims);
    Map<CheckpointFile, CheckpointFile> originals = new HashMap<>();
    alike.forEach(
        copies -> copies.forEach(copy -> originals.put(copy.file(), copies.get(0).file())));
    List<Node> nodes = Locality.HALVES.order(alike.stream().map(copies -> copies.get(0)).toList());
    Set<ContentLinks.Link> links = NearLinks.added(nodes, contents.of(nodes));
    Tree tree = new Tree(nodes, links, claims.of(file -> originals.getOrDefault(file, file)));
    List<CheckpointFile> roots = new ArrayList<>();
    List<InferredEdge> edges = new ArrayList<>();
    for (int child = 0; child < nodes.size(); child++) {
      if (tree.parent(child).isPresent()) {
        int parent = tree.parent(child).getAsInt();
        edges.add(edge(nodes.get(parent), nodes.get(child), tree.transition(parent, child)));
      } else {
        roots.add(nodes.get(child).file());
      }
    }
    for (List<Node> copies : alike) {
      Node original = copies.get(0);
      for (Node copy : copies.subList(1, copies.size())) {
        edges.add(edge(original, copy, Transition.between(original, copy)));
      }
    }
    roots.sort(null);
    edges.sort(Comparator.comparing(InferredEdge::child));
    return new Forest(roots, edges);
  }

  // Checkpoints by content, the original of each first.
  private static List<List<Node>> alike(Collection<MeasuredCheckpoint> checkpoints, Claims claims) {
    Map<HashValue128, List<Node>> byContent = new LinkedHashMap<>();
    checkpoints.stream()
        .map(Node::new)
        .sorted(Comparator.comparing(Node::file, Hints.ORIGINAL_FIRST))
        .forEach(
            node -> byContent.computeIfAbsent(node.content(), c -> new ArrayList<>()).add(node));
    return byContent.values().stream().map(copies -> originalFirst(copies, claims)).toList();
  }

  // The first that no claim derives from another of them.
  private static List<Node> originalFirst(List<Node> copies, Claims claims) {
    Node original =
        copies.stream()
            .filter(
                node ->
                    copies.stream().noneMatch(other -> claims.isBefore(other.file(), node.file())))
            .findFirst()
            .orElse(copies.get(0));
    List<Node> ordered = new ArrayList<>(copies);
    ordered.remove(original);
    ordered.add(0, original);
    return ordered;
  }

  private static InferredEdge edge(Node parent, Node child, Transition transition) {
    return new InferredEdge(
        parent.file(),
        child.file(),
        transition.kind(),
        transition.shared(),
        transition.changed(),
        transition.unexplained(),
        transition.distance());
  }
}
