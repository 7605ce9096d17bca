package io.qtrace.job.audit;

import io.qtrace.compare.TensorStatus;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.cause.QCause;
import io.qtrace.job.audit.stage.IndicesProof;
import io.qtrace.job.audit.stage.Layer;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.kernel.Deviations;
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
 * What no recomputation explains on an edge: one finding a rule, with the first counterexample of
 * the first layer.
 */
final class QFindings {
  private QFindings() {}

  /** Rules in order of precedence: a layer breaks the first that it fits. */
  private enum Rule {
    OFF_GRID("_Q off the LUT grid", change -> counts(change, InvariantRow::offGrid)),
    OUTSIDE(
        "_Q with indices outside the LUT", change -> counts(change, InvariantRow::indicesOutside)),
    STALE(
        "_Q on the LUT grid but not lut[_indices]", change -> counts(change, InvariantRow::stale)),
    INDICES(
        "_Q with indices that weight and scales do not give",
        change ->
            change.proof().flatMap(IndicesProof::residual).filter(r -> !r.isNone()).isPresent()),
    UNCHECKED("_Q changed without a cause that can be recomputed", change -> true);

    private final String what;
    private final Predicate<QChange> fits;

    Rule(String what, Predicate<QChange> fits) {
      this.what = what;
      this.fits = fits;
    }

    private static boolean counts(QChange change, Function<InvariantRow, Long> count) {
      return change.child().map(count).filter(elements -> elements > 0).isPresent();
    }

    static Rule of(QChange change) {
      return List.of(values()).stream()
          .filter(rule -> rule.fits.test(change))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Names of the tensors that {@link #add} tells of. */
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
        those -> message(those, "_indices moved without _Q", indices(those.get(0)), Rule.STALE));
  }

  /** What could not be recomputed, for a person. */
  static List<String> notes(List<QChange> changes) {
    Map<String, Long> obstacles =
        changes.stream()
            .filter(change -> change.explanation().cause().equals(Optional.of(QCause.REQUANTIZED)))
            .flatMap(change -> change.proof().flatMap(IndicesProof::obstacle).stream())
            .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()));
    return obstacles.entrySet().stream()
        .map(
            entry ->
                "%d _indices moved and were not recomputed: %s"
                    .formatted(entry.getValue(), SafeText.of(entry.getKey())))
        .toList();
  }

  private static String quantized(QChange change) {
    return change.quantized().name();
  }

  private static String indices(QChange change) {
    return new Layer(change.layer()).indices();
  }

  // Indices that moved between equal entries, or out of sight, leave _Q as it should be.
  private static boolean isAlone(QChange change) {
    return change.isIndicesAlone()
        && change.child().filter(row -> !row.isChecked() || row.residual() > 0).isPresent();
  }

  private static String message(List<QChange> broken, String what, String example, Rule rule) {
    return "%d %s, such as %s: %s"
        .formatted(broken.size(), what, SafeText.of(example), counterexample(broken.get(0), rule));
  }

  private static String counterexample(QChange change, Rule rule) {
    Optional<InvariantRow> child = change.child();
    if (child.filter(InvariantRow::isChecked).isEmpty()) {
      return child.map(InvariantRow::unchecked).orElse("not checked");
    }
    InvariantRow row = child.get();
    if (rule == Rule.INDICES) {
      Deviations others = change.proof().orElseThrow().others();
      return elements(row, others.count(), others.first())
          + ": the index is %d, recomputed %d"
              .formatted((long) others.value(), (long) others.expected());
    }
    if (rule == Rule.OFF_GRID) {
      return elements(row, row.offGrid(), row.firstOffGrid())
          + values(row.offGridValue(), row.offGridExpected());
    }
    return row.stale() > 0
        ? elements(row, row.stale(), row.firstStale())
            + values(row.staleValue(), row.staleExpected())
        : elements(row, row.indicesOutside(), row.firstOutside());
  }

  private static String elements(InvariantRow row, long count, long first) {
    return "%d of %d elements, the first at element %d".formatted(count, row.elements(), first);
  }

  private static String values(double value, double expected) {
    return ": _Q is %s, lut[_indices] %s".formatted(value, expected);
  }

  private static String label(Rule rule) {
    return rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
