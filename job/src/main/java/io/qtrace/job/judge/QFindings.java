package io.qtrace.job.judge;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.operations.Requantize;
import io.qtrace.job.policy.FindingList;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerNames;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What no recomputation explains on an edge: one finding per rule, with the first counterexample of
 * the first layer.
 */
final class QFindings {
  private QFindings() {}

  /** Rules in order of precedence: a layer is reported under the first that it breaks. */
  private enum Rule {
    OFF_GRID("_Q off the LUT grid", change -> counts(change, LutCheckPartial::offGrid)),
    OUTSIDE("_Q with indices outside the LUT", change -> counts(change, LutCheckPartial::outside)),
    STALE(
        "_Q on the LUT grid but not equal to lut[_indices]",
        change -> counts(change, LutCheckPartial::stale)),
    INDICES(
        "_Q with indices that do not follow from weight and scales",
        change ->
            change
                .recomputed()
                .flatMap(Recomputed::unexplained)
                .filter(others -> !others.isNone())
                .isPresent()),
    UNCHECKED("_Q changed without a cause that can be recomputed", change -> true);

    private final String what;
    private final Predicate<QChange> fits;

    Rule(String what, Predicate<QChange> fits) {
      this.what = what;
      this.fits = fits;
    }

    private static boolean counts(QChange change, Function<LutCheckPartial, Mismatches> which) {
      return check(change).map(which).filter(found -> found.count() > 0).isPresent();
    }

    static Rule of(QChange change) {
      return List.of(values()).stream()
          .filter(rule -> rule.fits.test(change))
          .findFirst()
          .orElseThrow();
    }
  }

  private static Optional<LutCheckPartial> check(QChange change) {
    return change.child().flatMap(LayerInvariants::check);
  }

  /** Names of the tensors that {@link #add} reports. */
  static Set<String> tensors(List<QChange> changes) {
    Set<String> names = new HashSet<>();
    unexplained(changes).forEach(change -> names.add(quantized(change)));
    changes.stream().filter(QFindings::isAlone).forEach(change -> names.add(indices(change)));
    return names;
  }

  private static List<QChange> unexplained(List<QChange> changes) {
    return changes.stream()
        .filter(change -> change.explanation().isUnexplained())
        .filter(change -> change.quantized().status() != TensorStatus.REMOVED)
        .toList();
  }

  static void add(FindingList findings, List<QChange> changes) {
    List<QChange> unexplained = unexplained(changes);
    for (Rule rule : Rule.values()) {
      findings.add(
          "q-" + label(rule),
          unexplained.stream().filter(change -> Rule.of(change) == rule).toList(),
          QFindings::quantized,
          those -> message(those, rule.what, quantized(those.get(0)), rule));
    }
    findings.add(
        "indices-alone",
        changes.stream().filter(QFindings::isAlone).toList(),
        QFindings::indices,
        those ->
            message(those, "_indices changed but _Q did not", indices(those.get(0)), Rule.STALE));
  }

  /** Notes about what could not be recomputed. */
  static List<String> notes(List<QChange> changes) {
    Map<String, Long> obstacles =
        changes.stream()
            .filter(
                change -> change.explanation().cause().equals(Optional.of(Requantize.REQUANTIZED)))
            .flatMap(change -> change.recomputed().flatMap(Recomputed::obstacle).stream())
            .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()));
    return obstacles.entrySet().stream()
        .map(
            entry ->
                "%d _indices changed and could not be recomputed: %s"
                    .formatted(entry.getValue(), SafeText.of(entry.getKey())))
        .toList();
  }

  private static String quantized(QChange change) {
    return change.quantized().name();
  }

  private static String indices(QChange change) {
    return new LayerNames(change.layer()).indices();
  }

  // Indices that moved between equal entries, or in elements that were not compared, leave _Q as it
  // should be.
  private static boolean isAlone(QChange change) {
    return change.isIndicesAlone()
        && change.child().filter(layer -> layer.check().isEmpty() || layer.isStale()).isPresent();
  }

  private static String message(List<QChange> broken, String what, String example, Rule rule) {
    return "%d %s, such as %s: %s"
        .formatted(broken.size(), what, SafeText.of(example), counterexample(broken.get(0), rule));
  }

  private static String counterexample(QChange change, Rule rule) {
    Optional<LutCheckPartial> found = check(change);
    if (found.isEmpty()) {
      return change.child().flatMap(LayerInvariants::unchecked).orElse("not checked");
    }
    LutCheckPartial check = found.get();
    if (rule == Rule.INDICES) {
      Mismatches others = change.recomputed().orElseThrow().others();
      return elements(check, others)
          + ": the index is %d, recomputed %d"
              .formatted((long) others.value(), (long) others.expected());
    }
    if (rule == Rule.OFF_GRID) {
      return elements(check, check.offGrid()) + values(check.offGrid());
    }
    return rule != Rule.OUTSIDE && check.stale().count() > 0
        ? elements(check, check.stale()) + values(check.stale())
        : elements(check, check.outside());
  }

  private static String elements(LutCheckPartial check, Mismatches found) {
    return "%d of %d elements, the first at element %d"
        .formatted(found.count(), check.elements(), found.first());
  }

  private static String values(Mismatches found) {
    return ": _Q is %s, lut[_indices] %s".formatted(found.value(), found.expected());
  }

  private static String label(Rule rule) {
    return rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
