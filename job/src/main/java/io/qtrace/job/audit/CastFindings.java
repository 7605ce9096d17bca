package io.qtrace.job.audit;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.kernel.Deviations;
import java.util.Optional;

/**
 * Tensors of a cast that are not the parent's rounded to their dtype. Those of {@code _Q} are told
 * with their causes.
 */
final class CastFindings {
  private CastFindings() {}

  /** Adds one finding, with the first element of the first tensor. */
  static void add(FindingList findings, EdgeKind kind, PairComparison pair) {
    findings.add(
        "cast-unexplained",
        pair.tensors().stream().filter(tensor -> isUnexplained(kind, tensor)).toList(),
        TensorComparison::name,
        those ->
            "%d tensors of a cast are not the parent's rounded to their dtype, such as %s: %s"
                .formatted(those.size(), SafeText.of(those.get(0).name()), elements(those.get(0))));
  }

  private static boolean isUnexplained(EdgeKind kind, TensorComparison tensor) {
    return kind == EdgeKind.CAST
        && tensor.status() == TensorStatus.CHANGED
        && tensor.category() != Category.Q
        && tensor.misrounded().filter(others -> others.count() == 0).isEmpty();
  }

  private static String elements(TensorComparison tensor) {
    DiffStats stats = tensor.compared().orElseThrow();
    Optional<Deviations> others = tensor.misrounded();
    return others.isPresent()
        ? "%d of %d elements, the first at element %d: %s, the parent's rounds to %s"
            .formatted(
                others.get().count(),
                stats.elements(),
                others.get().first(),
                others.get().value(),
                others.get().expected())
        : "%d of %d elements, the first at element %d, in the same dtype"
            .formatted(stats.changedElements(), stats.elements(), stats.firstChangedIndex());
  }
}
