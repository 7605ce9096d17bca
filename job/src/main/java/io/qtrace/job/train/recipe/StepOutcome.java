package io.qtrace.job.train.recipe;

import java.util.List;

/**
 * What an optimizer step did.
 *
 * @param step counted from 1
 * @param losses of each micro-batch
 * @param gradientNorm of all gradients together, before clipping
 * @param lr rate of the scales
 * @param lutLr rate of the LUT deltas
 */
public record StepOutcome(
    int step, List<Double> losses, double gradientNorm, double lr, double lutLr) {
  public StepOutcome {
    losses = List.copyOf(losses);
  }

  /** Mean of the micro-batches. */
  public double loss() {
    return losses.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
