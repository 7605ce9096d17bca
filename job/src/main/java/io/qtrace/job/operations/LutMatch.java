package io.qtrace.job.operations;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import java.util.List;
import java.util.Optional;

/** Compares a stored LUT with those computed from the parent's deltas. */
final class LutMatch {
  private LutMatch() {}

  /** Whether the child's LUT is a bake of the parent's deltas, or the LUT that training uses. */
  static boolean isBakeOrRefresh(Step step, LayerNames layer) {
    Optional<LayerLut> before = step.before(layer);
    Optional<LayerLut> after = step.after(layer);
    return before.isPresent()
        && after.isPresent()
        && (before.get().bakesTo(after.get().lut()) || before.get().refreshesTo(after.get().lut()));
  }

  /** Entries of a changed table that differ from the nearest of some candidates. */
  static UnexplainedElements unexplained(
      TensorComparison changed, Optional<LayerLut> after, List<Lut> candidates) {
    return after
        .flatMap(
            found ->
                candidates.stream()
                    .filter(candidate -> candidate.size() == found.lut().size())
                    .map(candidate -> different(candidate, found.lut()))
                    .min((one, other) -> Long.compare(one.elements(), other.elements())))
        .orElseGet(changed::changedElements);
  }

  private static UnexplainedElements different(Lut expected, Lut found) {
    long count = 0;
    long first = 0;
    for (int i = expected.size() - 1; i >= 0; i--) {
      if (expected.value(i) != found.value(i)) {
        count++;
        first = i;
      }
    }
    return UnexplainedElements.of(count, first);
  }
}
