package io.qtrace.job.audit.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.EdgeKind;
import java.util.Objects;

/**
 * A parent that the weights tell.
 *
 * @param shared tensors with the same dtype, shape and bytes on both sides
 * @param changed tensors that differ by more than rounding into a narrower dtype
 * @param unexplained how many of those the kind does not explain
 * @param distance how far the small tensors moved, Euclidean
 */
public record InferredEdge(
    CheckpointFile parent,
    CheckpointFile child,
    EdgeKind kind,
    int shared,
    int changed,
    int unexplained,
    double distance) {
  public InferredEdge {
    Objects.requireNonNull(parent, "parent");
    Objects.requireNonNull(child, "child");
    Objects.requireNonNull(kind, "kind");
    if (parent.equals(child)) {
      throw new IllegalArgumentException("Invalid edge: " + parent.path() + " to itself");
    }
  }

  /** What speaks for it, for a person. */
  public String evidence() {
    String counts = "%d tensors shared, %d changed".formatted(shared, changed);
    if (unexplained == 0) {
      return counts;
    }
    return kind == EdgeKind.UNKNOWN
        ? counts + ", as no kind of edge does"
        : "%s, %d of them not as %s does".formatted(counts, unexplained, kind.label());
  }
}
