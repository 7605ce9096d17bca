package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.operations.Average;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.Graft;
import io.qtrace.job.policy.EdgeKind;
import java.util.Objects;

/**
 * A parent that the weights show.
 *
 * @param shared tensors with the same dtype, shape and bytes on both sides
 * @param changed tensors that differ by more than rounding into a narrower dtype
 * @param unexplained number of those that the kind does not explain
 * @param invented tensors that do not follow from the parent
 * @param distance how far the small tensors moved, Euclidean
 */
public record InferredEdge(
    CheckpointFile parent,
    CheckpointFile child,
    EdgeKind kind,
    int shared,
    int changed,
    int unexplained,
    int invented,
    double distance) {
  public InferredEdge {
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
    Objects.requireNonNull(kind, "kind");
    if (parent.equals(child)) {
      throw new IllegalArgumentException("Invalid edge: " + parent.path() + " to itself");
    }
  }

  static InferredEdge of(CheckpointFile parent, CheckpointFile child, Transition transition) {
    return new InferredEdge(
        parent,
        child,
        transition.kind(),
        transition.shared(),
        transition.changed(),
        transition.unexplained(),
        transition.invented(),
        transition.distance());
  }

  /** An edge from one of two checkpoints that a child was assembled from. */
  static InferredEdge graft(CheckpointFile parent, CheckpointFile child, Transition transition) {
    return new InferredEdge(
        parent, child, Graft.KIND, transition.shared(), transition.changed(), 0, 0, 0);
  }

  /** The same edge for another parent, by an operation that combines both. */
  public InferredEdge as(EdgeKind operation, CheckpointFile other) {
    boolean same = other.equals(parent);
    return new InferredEdge(
        other, child, operation, same ? shared : 0, changed, unexplained, invented, distance);
  }

  /** An edge from one of the members of an average. */
  static InferredEdge average(CheckpointFile parent, CheckpointFile child, Transition transition) {
    return new InferredEdge(
        parent, child, Average.KIND, transition.shared(), transition.changed(), 0, 0, 0);
  }

  /** An edge to a checkpoint with the content of another. */
  static InferredEdge copy(CheckpointFile parent, CheckpointFile child, int tensors) {
    return new InferredEdge(parent, child, Copy.KIND, tensors, 0, 0, 0, 0);
  }
}
