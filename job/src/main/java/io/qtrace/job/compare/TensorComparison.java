package io.qtrace.job.compare;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStatus;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;

/**
 * One tensor name on both sides of a pair of checkpoints.
 *
 * @param left the parent's tensor; empty where it was added
 * @param right the child's tensor; empty where it was removed
 * @param diff how the elements differ; empty if only the facts of both sides were compared
 */
public record TensorComparison(
    String name,
    Category category,
    Optional<TensorFacts> left,
    Optional<TensorFacts> right,
    TensorStatus status,
    Optional<TensorDiff> diff)
    implements Serializable {
  public TensorComparison {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(category, "category");
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(diff, "diff");
    if (left.isEmpty() && right.isEmpty()) {
      throw new IllegalArgumentException("Invalid comparison: " + name + " is on neither side");
    }
  }

  /** The comparison of tensors whose elements were compared. */
  static TensorComparison measured(
      Category category, Optional<TensorFacts> left, Optional<TensorFacts> right, TensorDiff diff) {
    return new TensorComparison(
        diff.name(), category, left, right, diff.status(), Optional.of(diff));
  }

  /** How the numbers differ; empty if a side is missing, of another shape, or unread. */
  public Optional<DiffStats> compared() {
    return switch (status) {
      case IDENTICAL, EQUAL, CHANGED -> diff.map(TensorDiff::stats);
      case RESHAPED, ADDED, REMOVED -> Optional.empty();
    };
  }

  /**
   * Whether the numbers or the shape changed, or the tensor was added or removed; another dtype
   * alone is not a change.
   */
  public boolean isChanged() {
    return switch (status) {
      case IDENTICAL, EQUAL -> false;
      case CHANGED, RESHAPED, ADDED, REMOVED -> true;
    };
  }

  /**
   * Elements that are not the parent's rounded to the child's dtype; empty unless the dtypes are
   * two floats, the shapes one and the elements compared.
   */
  public Optional<Mismatches> misrounded() {
    boolean cast = compared().isPresent() && isDtypeChanged() && isFloat(left) && isFloat(right);
    return cast ? diff.map(TensorDiff::misrounded) : Optional.empty();
  }

  /** Elements that a cast does not explain; all that changed if there is none. */
  public UnexplainedElements notRounded() {
    return misrounded().map(UnexplainedElements::of).orElseGet(this::changedElements);
  }

  /**
   * Elements that a recomputation of the child's tensor does not reproduce: all that changed if it
   * could not be done.
   *
   * @param found its result; empty if it has not been done yet: then no element counts
   */
  public UnexplainedElements unexplained(Optional<Recomputed> found) {
    return found
        .map(one -> one.unexplained().orElseGet(this::changedElements))
        .orElse(UnexplainedElements.NONE);
  }

  /** Whether both have it, in one shape. */
  public boolean isComparable() {
    return switch (status) {
      case IDENTICAL, EQUAL, CHANGED -> true;
      case RESHAPED, ADDED, REMOVED -> false;
    };
  }

  /** Whether all elements are the parent's rounded to another dtype, as far as the facts show. */
  public boolean isRounded() {
    if (!isDtypeChanged() || status == TensorStatus.RESHAPED) {
      return false;
    }
    return diff.isPresent()
        ? status == TensorStatus.EQUAL
            || misrounded().filter(others -> others.count() == 0).isPresent()
        : Rounding.isLikely(left.orElseThrow(), right.orElseThrow());
  }

  /** Elements of the child's tensor, else of the parent's. */
  public long elements() {
    return (right.isPresent() ? right : left).orElseThrow().shape().elements();
  }

  /**
   * All elements that changed: those that differ, or every one where they cannot be compared one by
   * one.
   */
  public UnexplainedElements changedElements() {
    if (!isChanged()) {
      return UnexplainedElements.NONE;
    }
    Optional<DiffStats> stats = compared();
    return stats.isPresent()
        ? UnexplainedElements.of(stats.get().changedElements(), stats.get().firstChangedIndex())
        : UnexplainedElements.of(Math.max(1, elements()), 0);
  }

  /** Whether its elements are floats, on every side that has it. */
  public boolean isFloat() {
    return (left.isEmpty() || isFloat(left)) && (right.isEmpty() || isFloat(right));
  }

  private static boolean isFloat(Optional<TensorFacts> side) {
    return side.orElseThrow().dtype().isFloat();
  }

  public boolean isDtypeChanged() {
    return left.isPresent() && right.isPresent() && left.get().dtype() != right.get().dtype();
  }
}
