package io.qtrace.job.audit;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import java.util.EnumSet;
import java.util.Set;

/** The kind of an edge: what the child's role says, else what changed. */
final class EdgeKinds {
  private EdgeKinds() {}

  static EdgeKind of(CheckpointFile child, PairComparison pair) {
    return switch (child.role()) {
      case STEP, BEST -> EdgeKind.TRAIN;
      case BAKED -> EdgeKind.BAKE;
      case EXPORT -> isCopy(pair) ? EdgeKind.COPY : EdgeKind.CAST;
      case INITIAL, OTHER -> of(pair);
    };
  }

  /** The kind that the categories of the changed tensors tell. */
  static EdgeKind of(PairComparison pair) {
    Set<Category> changed = EnumSet.noneOf(Category.class);
    pair.tensors().stream()
        .filter(TensorComparison::isChanged)
        .forEach(tensor -> changed.add(tensor.category()));
    if (changed.isEmpty()) {
      return isCopy(pair) ? EdgeKind.COPY : EdgeKind.CAST;
    }
    if (changed.contains(Category.INDICES) && changed.size() > 1 && areIndicesGone(pair)) {
      changed.remove(Category.INDICES);
    }
    if (isCast(pair)) {
      return EdgeKind.CAST;
    }
    if (changed.equals(EnumSet.of(Category.LUT))) {
      return pair.of(Category.LUT_DELTAS).findAny().isPresent()
          ? EdgeKind.REFRESH
          : EdgeKind.UNKNOWN;
    }
    if (changed.equals(EnumSet.of(Category.Q))) {
      return EdgeKind.SYNC;
    }
    if (changed.equals(EnumSet.of(Category.INDICES, Category.Q))) {
      return EdgeKind.REQUANTIZE;
    }
    if (EnumSet.of(Category.LUT, Category.Q, Category.LUT_DELTAS).containsAll(changed)
        && changed.contains(Category.LUT)) {
      return EdgeKind.BAKE;
    }
    return EnumSet.of(Category.SCALE, Category.LUT_DELTAS).containsAll(changed)
        ? EdgeKind.TRAIN
        : EdgeKind.UNKNOWN;
  }

  // Training saves no indices of a layer whose LUT it does not train.
  private static boolean areIndicesGone(PairComparison pair) {
    return pair.of(Category.INDICES)
        .filter(TensorComparison::isChanged)
        .allMatch(tensor -> tensor.status() == TensorStatus.REMOVED);
  }

  private static boolean isCopy(PairComparison pair) {
    return pair.tensors().stream()
        .noneMatch(tensor -> tensor.isChanged() || tensor.isDtypeChanged());
  }

  // Whatever changed is a float tensor in another dtype.
  private static boolean isCast(PairComparison pair) {
    return pair.tensors().stream()
        .filter(TensorComparison::isChanged)
        .allMatch(TensorComparison::isDtypeChanged);
  }
}
