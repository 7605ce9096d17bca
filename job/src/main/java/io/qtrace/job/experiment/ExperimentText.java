package io.qtrace.job.experiment;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.experiment.ExperimentReport.Bonus;
import io.qtrace.job.report.DiffText;
import io.qtrace.job.report.TrainText;
import io.qtrace.job.text.Paragraph;
import io.qtrace.lut.Category;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code experiment} prints as text: the notebook's cells, the conclusion first. */
public final class ExperimentText {
  private final ExperimentSettings settings;
  private final Experiment.Outcome outcome;
  private final ExperimentReport report;
  private final List<String> lines = new ArrayList<>();

  private ExperimentText(ExperimentSettings settings, Experiment.Outcome outcome) {
    this.settings = settings;
    this.outcome = outcome;
    this.report = outcome.report();
  }

  /** The answer of the experiment: its conclusion, and a sentence for each further comparison. */
  public static List<String> answer(ExperimentSettings settings, Experiment.Outcome outcome) {
    ExperimentText text = new ExperimentText(settings, outcome);
    text.lines.add("Experiment " + SafeText.of(settings.name()));
    text.summary();
    text.report.bonus().stream().filter(Bonus::isCompared).forEach(text::brief);
    return text.lines;
  }

  /**
   * The answer, then everything it is based on.
   *
   * @param width maximum number of characters in a line of a table
   */
  public static List<String> lines(
      ExperimentSettings settings, Experiment.Outcome outcome, int width) {
    ExperimentText text = new ExperimentText(settings, outcome);
    text.lines.add("Experiment " + SafeText.of(settings.name()));
    text.summary();
    text.report.bonus().forEach(text::bonus);
    text.snapshot();
    text.section("Training");
    text.lines.addAll(TrainText.lines(outcome.report().run(), settings.train()));
    text.section("What training changed");
    text.lines.addAll(
        DiffText.lines(
            outcome.report().comparison().left(),
            outcome.report().trained(),
            outcome.comparison(),
            false,
            width));
    text.lutVerification();
    text.section("Tables");
    text.lines.add(
        "train_steps has the run under audit_id %s; edges, changes and q_changes the archive's audit %s."
            .formatted(text.report.run().id(), text.report.archiveAuditId()));
    return text.lines;
  }

  private void snapshot() {
    section("Initial checkpoint");
    lines.add(SafeText.of(settings.train().checkpoint()));
    lines.add(Amount.of(outcome.snapshot().tensors().size(), "tensor"));
    report
        .snapshot()
        .forEach((category, count) -> lines.add("  %-12s%4d".formatted(category, count)));
    Optional<TensorComparison> sample = outcome.snapshot().of(Category.Q).findFirst();
    sample.ifPresent(
        tensor -> {
          TensorFacts facts = tensor.left().orElseThrow();
          lines.add("sample _Q: " + SafeText.of(tensor.name()));
          lines.add(
              "  shape %s, dtype %s, md5 %s"
                  .formatted(facts.shape(), facts.dtype().label(), facts.md5().orElse("")));
        });
  }

  private void lutVerification() {
    section("LUT training verification");
    if (report.lutLayers() == 0) {
      lines.add("No _lut_raw_deltas: the LUT was not trained.");
      return;
    }
    lines.addAll(
        Paragraph.lines(
            "",
            "The LUT moved in %s, compared with the LUT that the initial checkpoint implies."
                    .formatted(Amount.of(report.lutTrained(), report.lutLayers(), "layer"))
                + " Non-zero deltas alone would prove nothing: they are non-zero from the start."));
    long stored = report.changed().get(Category.LUT.label());
    lines.addAll(
        Paragraph.lines(
            "",
            stored == 0
                ? "No stored .lut changed: during training, the LUT is computed from the deltas."
                : stored + " stored .lut changed."));
  }

  private void summary() {
    section("Conclusion");
    lines.add("Verdict: " + report.verdict());
    lines.add(
        "Training: %s, %s, from %s"
            .formatted(
                Amount.of(settings.train().maxSteps(), "step"),
                TrainText.trains(settings.train()),
                SafeText.of(fileName(settings.train().checkpoint()))));
    lines.add("");
    lines.add("Expected changes:");
    count("LUT values", Category.LUT);
    lines.add("  %-14s %d moved".formatted("LUT deltas:", report.lutTrained()));
    count("Scale params", Category.SCALE);
    lines.add("Unexpected changes:");
    count("_Q buffers", Category.Q);
    count("_indices", Category.INDICES);
    count("Other", Category.OTHER);
    lines.add("");
    if (report.changed().get(Category.Q.label()) == 0) {
      lines.addAll(
          Paragraph.lines(
              ">>> ",
              "Training did not change _Q. Changes of _Q in other runs come from baking a trained"
                  + " LUT, an explicit sync, or freezing at the start."));
    } else {
      lines.addAll(
          Paragraph.lines(
              ">>> ",
              "BUG: training changed _Q. It is a buffer without gradient, which only freezing at"
                  + " the start, an explicit sync or a bake may change."));
    }
  }

  private void count(String what, Category category) {
    lines.add("  %-14s %d changed".formatted(what + ":", report.changed().get(category.label())));
  }

  private void bonus(Bonus bonus) {
    section("Bonus: " + bonus.title());
    if (!bonus.isCompared()) {
      lines.add("Cannot compare - missing files:");
      bonus.missing().forEach(file -> lines.add("  " + SafeText.of(file)));
      return;
    }
    lines.add("Input:  " + SafeText.of(bonus.left()));
    lines.add("Output: " + SafeText.of(bonus.right()));
    lines.add(
        "_Q comparison (%s vs %s):"
            .formatted(SafeText.of(fileName(bonus.left())), SafeText.of(fileName(bonus.right()))));
    lines.add("  Unchanged: " + bonus.qUnchanged());
    lines.add("  Changed:   " + bonus.qChanged());
    said(bonus);
  }

  private void brief(Bonus bonus) {
    lines.add("");
    lines.add(
        "Bonus, %s: %d _Q unchanged, %d changed"
            .formatted(bonus.title(), bonus.qUnchanged(), bonus.qChanged()));
    said(bonus);
  }

  private void said(Bonus bonus) {
    boolean training = bonus.right().equals(settings.trainedFromBaked());
    String said =
        bonus.qChanged() == 0
            ? training
                ? "_Q unchanged during that training, as expected: what differs from the initial"
                    + " checkpoint came from baking before it."
                : "_Q is the same in both."
            : training
                ? "_Q changed during that training, which must never happen."
                : "The baked checkpoint already has %d different _Q: the bake recomputed them as lut[_indices]."
                    .formatted(bonus.qChanged());
    lines.addAll(Paragraph.lines(">>> ", said));
  }

  private void section(String title) {
    lines.add("");
    lines.add("=== " + title + " ===");
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
