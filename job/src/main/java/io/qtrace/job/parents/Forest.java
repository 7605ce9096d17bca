package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import java.util.List;
import java.util.Optional;

/**
 * Every checkpoint once: as a root, or as the child of one edge, without cycles. A checkpoint made
 * from several is the child of the one that gave the most.
 *
 * @param roots checkpoints that no other explains, sorted by path
 * @param edges sorted by the child's path
 * @param donors edges from the other parents of those children, sorted by the child's path
 * @param mixed pairs that share some tensors of a group that training moves, and not others
 * @param rivals edges from other parents that explain their children as well as those of edges that
 *     were verified and are not exact
 */
public record Forest(
    List<CheckpointFile> roots,
    List<InferredEdge> edges,
    List<InferredEdge> donors,
    List<MixedPair> mixed,
    List<InferredEdge> rivals) {
  /** Two checkpoints, in any order. */
  public record MixedPair(CheckpointFile one, CheckpointFile other) {}

  public Forest {
    roots = List.copyOf(roots);
    edges = List.copyOf(edges);
    donors = List.copyOf(donors);
    mixed = List.copyOf(mixed);
    rivals = List.copyOf(rivals);
  }

  /** The edge that leads to a checkpoint; empty for a root. */
  public Optional<InferredEdge> edgeTo(CheckpointFile child) {
    return edges.stream().filter(edge -> edge.child().equals(child)).findFirst();
  }
}
