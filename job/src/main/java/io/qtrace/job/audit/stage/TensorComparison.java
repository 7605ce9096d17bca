package io.qtrace.job.audit.stage;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.kernel.Deviations;
import io.qtrace.tensor.DType;
import java.util.Objects;
import java.util.Optional;

/**
 * One tensor name on both sides of a pair of checkpoints.
 *
 * @param left the parent's tensor; empty where it was added
 * @param right the child's tensor; empty where it was removed
 */
public record TensorComparison(
    String name,
    Category category,
    Optional<TensorFacts> left,
    Optional<TensorFacts> right,
    TensorDiff diff) {
  public TensorComparison {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(category, "category");
    Objects.requireNonNull(diff, "diff");
    if (left.isEmpty() && right.isEmpty()) {
      throw new IllegalArgumentException("Invalid comparison: " + name + " is on neither side");
    }
  }

  public TensorStatus status() {
    return diff.status();
  }

  /** How the numbers differ; empty where a side is missing or of another shape. */
  public Optional<DiffStats> compared() {
    return switch (status()) {
      case IDENTICAL, EQUAL, CHANGED -> Optional.of(diff.stats());
      case RESHAPED, ADDED, REMOVED -> Optional.empty();
    };
  }

  /** Whether the numbers, the shape or the presence changed; another dtype alone is no change. */
  public boolean isChanged() {
    return switch (status()) {
      case IDENTICAL, EQUAL -> false;
      case CHANGED, RESHAPED, ADDED, REMOVED -> true;
    };
  }

  /**
   * Elements that are not the parent's rounded to the child's dtype; empty unless the dtypes are
   * two floats and the shapes one.
   */
  public Optional<Deviations> misrounded() {
    boolean cast = compared().isPresent() && isDtypeChanged() && isFloat(left) && isFloat(right);
    return cast ? Optional.of(diff.misrounded()) : Optional.empty();
  }

  private static boolean isFloat(Optional<TensorFacts> side) {
    return side.orElseThrow().dtype().kind() == DType.Kind.FLOAT;
  }

  public boolean isDtypeChanged() {
    return left.isPresent() && right.isPresent() && left.get().dtype() != right.get().dtype();
  }
}
