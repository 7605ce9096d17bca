package io.qtrace.job.train;

import io.qtrace.job.train.recipe.StepOutcome;
import java.io.Serializable;
import java.util.List;

/**
 * One optimizer step.
 *
 * @param step 1 for the first
 * @param loss mean of the micro-batches' losses
 * @param losses of the micro-batches, replica by replica
 * @param gradientNorm global norm before clipping
 * @param lr rate of the scales in this step
 * @param lutLr rate of the LUT deltas in this step
 * @param tokens of all micro-batches, padding included
 * @param seconds that the step took
 */
public record StepRecord(
    int step,
    double loss,
    List<Double> losses,
    double gradientNorm,
    double lr,
    double lutLr,
    long tokens,
    double seconds)
    implements Serializable {
  public StepRecord {
    losses = List.copyOf(losses);
  }

  static StepRecord of(StepOutcome outcome, long tokens, double seconds) {
    return new StepRecord(
        outcome.step(),
        outcome.loss(),
        outcome.losses(),
        outcome.gradientNorm(),
        outcome.lr(),
        outcome.lutLr(),
        tokens,
        seconds);
  }

  public double tokensPerSecond() {
    return seconds > 0 ? tokens / seconds : 0;
  }
}
