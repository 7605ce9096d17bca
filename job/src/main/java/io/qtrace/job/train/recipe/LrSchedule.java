package io.qtrace.job.train.recipe;

import java.io.Serializable;

/**
 * Learning rates and gradient clipping. The constructor throws IllegalArgumentException where a
 * value is out of range.
 *
 * @param lr peak learning rate of the scales
 * @param lutLr peak learning rate of the LUT deltas
 * @param weightDecay decoupled, times the rate
 * @param warmupSteps steps of a linear rise from 0
 * @param maxSteps optimizer steps in all
 * @param minLrRatio final learning rate as a fraction of the peak
 * @param clip maximum global norm of the gradients
 */
public record LrSchedule(
    double lr,
    double lutLr,
    double weightDecay,
    int warmupSteps,
    int maxSteps,
    double minLrRatio,
    double clip)
    implements Serializable {
  public LrSchedule {
    atLeastZero("lr", lr);
    atLeastZero("LUT lr", lutLr);
    atLeastZero("weight decay", weightDecay);
    if (maxSteps < 1) {
      throw new IllegalArgumentException("Invalid max steps: " + maxSteps + ", expected 1 or more");
    }
    if (warmupSteps < 0) {
      throw new IllegalArgumentException(
          "Invalid warmup steps: " + warmupSteps + ", expected 0 or more");
    }
    if (!(minLrRatio >= 0 && minLrRatio <= 1)) {
      throw new IllegalArgumentException(
          "Invalid min lr ratio: " + minLrRatio + ", expected 0 to 1");
    }
    if (!(clip > 0)) {
      throw new IllegalArgumentException(
          "Invalid gradient clip: " + clip + ", expected a number above 0");
    }
  }

  /** The factor of both rates in a step, counted from 0: 0 at first where there is a warm-up. */
  public double factor(int step) {
    if (step < warmupSteps) {
      return (double) step / warmupSteps;
    }
    double progress = (double) (step - warmupSteps) / Math.max(1, maxSteps - warmupSteps);
    double cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
    return minLrRatio + (1 - minLrRatio) * cosine;
  }

  private static void atLeastZero(String name, double value) {
    if (!(value >= 0 && value <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid " + name + ": " + value + ", expected a finite number, 0 or more");
    }
  }
}
