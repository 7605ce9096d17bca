package io.qtrace.job.audit.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Holds parents that are claimed against a forest that the weights tell. */
public final class Ancestry {
  private final Map<CheckpointFile, InferredEdge> edges = new HashMap<>(); // by child
  private final Map<CheckpointFile, MeasuredCheckpoint> checkpoints = new HashMap<>();
  private final Map<CheckpointFile, Set<String>> runs = new HashMap<>(); // that have the content
  private final Map<CheckpointFile, Node> nodes = new HashMap<>();

  public Ancestry(Forest forest, Collection<MeasuredCheckpoint> checkpoints) {
    forest.edges().forEach(edge -> edges.put(edge.child(), edge));
    for (MeasuredCheckpoint checkpoint : checkpoints) {
      CheckpointFile file = checkpoint.file();
      this.checkpoints.put(file, checkpoint);
      runs.computeIfAbsent(original(file), content -> new HashSet<>()).add(file.run());
    }
  }

  /** What the weights say of the claim that child was made from parent. */
  public Opinion of(CheckpointFile parent, CheckpointFile child) {
    if (!checkpoints.containsKey(parent)) { // it could not be read
      return new Opinion.Silent();
    }
    List<InferredEdge> up = path(child);
    if (up.isEmpty() || original(parent).equals(original(child))) {
      return up.stream()
          .filter(edge -> edge.parent().equals(parent))
          .findFirst()
          .<Opinion>map(Opinion.Agrees::new)
          .orElseGet(Opinion.Silent::new);
    }
    for (int i = 0; i < up.size(); i++) {
      if (original(up.get(i).parent()).equals(original(parent))) {
        List<InferredEdge> steps = new ArrayList<>(up.subList(0, i + 1));
        Collections.reverse(steps);
        return i == 0 ? new Opinion.Agrees(up.get(0)) : new Opinion.Reaches(steps);
      }
      if (!isOwn(up.get(i).parent(), child)) {
        break;
      }
    }
    return source(up, parent, child)
        .<Opinion>map(
            source ->
                isProved(source, parent)
                    ? new Opinion.Contradicts(source)
                    : new Opinion.Prefers(source))
        .orElseGet(Opinion.Silent::new);
  }

  // From a checkpoint up to its root, nearest edge first.
  private List<InferredEdge> path(CheckpointFile child) {
    List<InferredEdge> path = new ArrayList<>();
    for (InferredEdge edge = edges.get(child); edge != null; edge = edges.get(edge.parent())) {
      path.add(edge);
    }
    return path;
  }

  private CheckpointFile original(CheckpointFile file) {
    InferredEdge edge = edges.get(file);
    return edge != null && edge.kind() == EdgeKind.COPY ? edge.parent() : file;
  }

  // Whether the child's run has a checkpoint's content.
  private boolean isOwn(CheckpointFile file, CheckpointFile child) {
    return runs.getOrDefault(original(file), Set.of()).contains(child.run());
  }

  // The edge that a claim competes with: of a source elsewhere, the one that leads into the run.
  private Optional<InferredEdge> source(
      List<InferredEdge> up, CheckpointFile parent, CheckpointFile child) {
    return parent.run().equals(child.run())
        ? up.stream().findFirst()
        : up.stream().filter(edge -> !isOwn(edge.parent(), child)).findFirst();
  }

  // Nearness alone is no proof. Contents are: the claim leaves more unexplained from root to child,
  // or most of what the claimed training changed has the very bytes of the other parent.
  private boolean isProved(InferredEdge source, CheckpointFile claimed) {
    Node before = node(claimed);
    Node after = node(source.child());
    Transition claim = Transition.between(before, after);
    List<InferredEdge> claimedPath = path(claimed);
    boolean circular = claimedPath.stream().anyMatch(edge -> edge.parent().equals(source.child()));
    long told = unexplained(path(source.child()));
    long said = unexplained(claimedPath) + claim.unexplained();
    return (!circular && told < said) || isKept(node(source.parent()), before, after, claim.kind());
  }

  private static long unexplained(List<InferredEdge> path) {
    return path.stream().mapToLong(InferredEdge::unexplained).sum();
  }

  private static boolean isKept(Node told, Node claimed, Node child, EdgeKind kind) {
    List<String> moved = Transition.explained(claimed, child, kind);
    long kept =
        moved.stream()
            .filter(
                name ->
                    Relation.of(told.tensors().get(name), child.tensors().get(name))
                        == Relation.SAME)
            .count();
    return 2 * kept > moved.size();
  }

  private Node node(CheckpointFile file) {
    return nodes.computeIfAbsent(file, key -> new Node(checkpoints.get(key)));
  }
}
