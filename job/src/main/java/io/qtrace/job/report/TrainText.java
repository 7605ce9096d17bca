package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.text.Units;
import io.qtrace.job.train.StepRecord;
import io.qtrace.job.train.TrainRun;
import io.qtrace.job.train.TrainSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code train} prints as text. */
public final class TrainText {
  private static final int FEW = 10; // maximum steps shown

  private TrainText() {}

  public static List<String> lines(TrainRun run, TrainSettings settings) {
    List<String> lines = new ArrayList<>();
    lines.add("Training " + run.id());
    lines.add("  checkpoint  " + SafeText.of(settings.checkpoint()));
    lines.add("  cache       " + SafeText.of(settings.cacheDir()));
    lines.add("  output      " + SafeText.of(settings.outputDir()));
    lines.add("  trains      " + trains(settings));
    lines.add("");
    lines.add("  step      loss  gradient norm      rate  LUT rate");
    int every = Math.max(1, (run.steps().size() + FEW - 1) / FEW);
    for (StepRecord step : run.steps()) {
      if (step.step() == 1 || step.step() % every == 0 || step.step() == run.steps().size()) {
        lines.add(
            text(
                "  %4d  %.6f  %13.4f  %.2e  %.2e",
                step.step(), step.loss(), step.gradientNorm(), step.lr(), step.lutLr()));
      }
    }
    lines.add("");
    lines.add(
        text(
            "Loss on the evaluation examples: %.6f before, %.6f after.",
            run.initialLoss(), run.finalLoss()));
    lines.add(
        run.best() == 0
            ? "No step improved on the initial loss: best_state_dict.pt was not written."
            : "Lowest loss after step " + run.best() + ".");
    lines.add(text("%s, %.0f tokens/s.", Units.duration(run.seconds()), run.tokensPerSecond()));
    lines.add("Wrote " + String.join(", ", run.files()) + ".");
    return lines;
  }

  /** What a run trains, in words. */
  public static String trains(TrainSettings settings) {
    String lut = "LUT (" + settings.lutScope().name().toLowerCase(Locale.ROOT) + ")";
    return !settings.trainLut() ? "scales" : settings.trainScales() ? lut + " + scales" : lut;
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
