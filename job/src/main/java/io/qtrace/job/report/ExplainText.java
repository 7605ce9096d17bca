package io.qtrace.job.report;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.LayerChange;
import io.qtrace.job.judge.LutMove;
import io.qtrace.job.judge.QChange;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.text.Paragraph;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.Lut;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * What {@code explain} prints as text: the verdict, the kind of the edge and how it was found, then
 * what changed layer by layer.
 */
public final class ExplainText {
  private static final int LAYERS = 10;
  private static final int OTHERS = 20;

  private final Diff.Outcome outcome;
  private final boolean all;
  private final int width;
  private final List<String> lines = new ArrayList<>();

  private ExplainText(Diff.Outcome outcome, boolean all, int width) {
    this.outcome = outcome;
    this.all = all;
    this.width = width;
  }

  /**
   * @param all whether to print long lists in full
   * @param width maximum number of characters in a line of a table
   */
  public static List<String> lines(
      String left, String right, Diff.Outcome outcome, boolean all, int width) {
    ExplainText text = new ExplainText(outcome, all, width);
    text.lines.add("left   " + SafeText.of(left));
    text.lines.add("right  " + SafeText.of(right));
    text.verdict();
    text.kind();
    text.layers();
    text.others();
    return text.lines;
  }

  private void kind() {
    lines.add("");
    lines.add("Kind: %s, %s".formatted(outcome.judgement().kind().label(), kindReason(outcome)));
    TextTable table =
        new TextTable(
            Column.text("operation"), Column.number("tensors unexplained"), Column.text("such as"));
    for (Classifier.Fit fit : outcome.judgement().outcome().fits()) {
      table.add(
          fit.operation().kind().label(),
          fit.unexplained().size(),
          fit.unexplained().stream().findFirst().map(Classifier.Unexplained::tensor).orElse(null));
    }
    lines.addAll(table.lines(width));
  }

  /** How the kind of the edge was found. */
  static String kindReason(Diff.Outcome outcome) {
    return outcome.asked() ? "as given by --kind" : "inferred from the changes";
  }

  // If there are many layers, unexplained ones are chosen first.
  private void layers() {
    List<LayerChange> changed = outcome.layers().stream().filter(LayerChange::isChanged).toList();
    int most = all ? Integer.MAX_VALUE : LAYERS;
    Set<LayerChange> shown =
        changed.stream()
            .sorted(Comparator.comparing(layer -> !isUnexplained(layer)))
            .limit(most)
            .collect(Collectors.toSet());
    changed.stream().filter(shown::contains).forEach(this::layer);
    lines.add("");
    More.of(changed.size() - most, "changed layer").ifPresent(lines::add);
    lines.add(
        "%s did not change"
            .formatted(
                Amount.of(
                    outcome.layers().size() - changed.size(), outcome.layers().size(), "layer")));
  }

  private static boolean isUnexplained(LayerChange layer) {
    return layer
        .quantized()
        .flatMap(change -> change.explanation().cause())
        .filter(QCause.UNEXPLAINED::equals)
        .isPresent();
  }

  private void layer(LayerChange layer) {
    lines.add("");
    lines.add(layer.layer().isEmpty() ? "." : SafeText.of(layer.layer()));
    layer.quantized().ifPresent(this::quantized);
    lut(layer);
    for (TensorComparison tensor : layer.tensors()) {
      boolean shown = tensor.category() == Category.Q || tensor.category() == Category.LUT;
      if (!shown && tensor.status() != TensorStatus.IDENTICAL) {
        add(shortName(layer, tensor), change(tensor));
      }
    }
    layer.casts().forEach(cast -> add("cast", cast));
    layer.quantized().flatMap(QChange::child).ifPresent(this::invariants);
  }

  private void quantized(QChange change) {
    StringJoiner what = new StringJoiner(", ");
    what.add(change(change.quantized()));
    change.explanation().cause().ifPresent(cause -> what.add(cause.name()));
    change.explanation().cause().ifPresent(c -> what.add(residual(change)));
    switch (change.explanation().proof()) {
      case PROVED -> {}
      case WITHIN_ROUNDING -> what.add(change.explanation().rounded().text());
      case UNPROVED -> what.add("not recomputed");
    }
    change.explanation().drift().ifPresent(drift -> what.add("drift " + Numbers.exact(drift)));
    add("_Q", what.toString());
  }

  private static String residual(QChange change) {
    return "residual %d%s"
        .formatted(
            change.explanation().residual().elements(),
            change
                .explanation()
                .residual()
                .first()
                .map(first -> ", the first at element " + first)
                .orElse(""));
  }

  private void lut(LayerChange layer) {
    Optional<Lut> before = layer.before().map(LayerLut::lut);
    Optional<Lut> after = layer.after().map(LayerLut::lut);
    Optional<Lut> effectiveBefore = layer.before().map(LayerLut::effective);
    Optional<Lut> effectiveAfter = layer.after().map(LayerLut::effective);
    sides("lut", before, after);
    if (!effectiveBefore.equals(before) || !effectiveAfter.equals(after)) {
      sides("in training", effectiveBefore, effectiveAfter);
    }
    layer.move().ifPresent(move -> add("moved", moved(move)));
  }

  private static String moved(LutMove move) {
    String lut =
        move.effective() == 0
            ? "the LUT used in training did not move"
            : "the LUT used in training by up to %s (%d of its %d values on the float16 grid)"
                .formatted(Numbers.scientific(move.effective()), move.snapped(), move.values());
    return lut
        + move.deltas()
            .map(
                deltas ->
                    deltas == 0
                        ? "; its deltas did not move"
                        : "; its deltas moved by up to " + Numbers.scientific(deltas))
            .orElse("; the child has no deltas");
  }

  private void sides(String title, Optional<Lut> before, Optional<Lut> after) {
    String left = before.map(ExplainText::values).orElse("absent");
    String right = after.map(ExplainText::values).orElse("absent");
    add(title, left);
    if (!left.equals(right)) {
      add("", "-> " + right);
    }
  }

  private static String values(Lut lut) {
    List<Double> values = new ArrayList<>();
    for (float value : lut.values()) {
      values.add((double) value);
    }
    return Numbers.exact(values);
  }

  private static String change(TensorComparison tensor) {
    Optional<DiffStats> changed = tensor.compared().filter(stats -> stats.changedElements() > 0);
    return tensor.status()
        + changed
            .map(
                stats ->
                    ": %d of %d elements, the first at element %d, max %s, mean %s"
                        .formatted(
                            stats.changedElements(),
                            stats.elements(),
                            stats.firstChangedIndex(),
                            Numbers.scientific(stats.maxAbs()),
                            Numbers.scientific(stats.meanAbs())))
            .orElse("");
  }

  private void invariants(LayerInvariants layer) {
    StringJoiner broken = new StringJoiner(", ");
    layer.unchecked().ifPresent(why -> broken.add("not checked, " + SafeText.of(why)));
    if (layer.check().isPresent()) {
      LutCheckPartial check = layer.check().get();
      count(broken, check.outside(), "of _indices outside the LUT");
      count(broken, check.offGrid(), "of _Q off the LUT grid");
      count(broken, check.stale(), "of _Q not equal to lut[_indices]");
      layer.table().ifPresent(table -> table(broken, table));
    }
    add("invariants", broken.length() == 0 ? "hold: _Q is lut[_indices]" : broken.toString());
    layer
        .effectiveDrift()
        .filter(drift -> drift != 0)
        .ifPresent(
            drift ->
                add(
                    "stored lut",
                    "differs from the LUT of the deltas by up to " + Numbers.exact(drift)));
  }

  private static void count(StringJoiner broken, Mismatches found, String what) {
    if (found.count() > 0) {
      broken.add(
          "%s %s, the first at element %d"
              .formatted(Amount.of(found.count(), "element"), what, found.first()));
    }
  }

  private static void table(StringJoiner broken, LayerInvariants.Table table) {
    order(broken, table.rising(), "rising");
    order(broken, table.symmetric(), "symmetric");
    order(broken, table.float16(), "exact in float16");
  }

  private static void order(StringJoiner broken, boolean holds, String what) {
    if (!holds) {
      broken.add("the LUT is not " + what);
    }
  }

  private void others() {
    List<TensorComparison> others = outcome.others();
    if (!others.isEmpty()) {
      lines.add("");
      lines.add("Other tensors");
      int most = all ? Integer.MAX_VALUE : OTHERS;
      others.stream()
          .limit(most)
          .forEach(tensor -> lines.add("  " + SafeText.of(tensor.name()) + " " + change(tensor)));
      More.of(others.size() - most).ifPresent(more -> lines.add("  " + more));
    }
  }

  private void verdict() {
    lines.add("");
    lines.addAll(Conclusion.lines(outcome));
    outcome.judgement().notes().forEach(note -> lines.addAll(Paragraph.lines("note: ", note)));
  }

  private static String shortName(LayerChange layer, TensorComparison tensor) {
    return SafeText.of(
        tensor.name().substring(Math.min(layer.layer().length() + 1, tensor.name().length())));
  }

  private void add(String title, String text) {
    lines.addAll(Paragraph.lines("  %-16s ".formatted(title), text));
  }
}
