package io.qtrace.job.train.recipe;

import java.io.Serializable;

/**
 * The terms of the loss: KL divergence from the teacher over its top logits, and cross entropy over
 * the whole vocabulary against the teacher's first token. The recipe has two weights for the latter
 * (its {@code --hard-top1} and {@code --hard-full}), which add up.
 *
 * @param temperature divides both sides' logits; the divergence counts its square
 * @param hardTop1 weight of the cross entropy
 * @param hardFull additional weight of the cross entropy
 * @throws IllegalArgumentException if a value is out of range
 */
public record DistillationLossConfig(double temperature, double hardTop1, double hardFull)
    implements Serializable {
  public DistillationLossConfig {
    if (!(temperature > 0 && temperature <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid temperature: " + temperature + ", expected a number above 0");
    }
    weight("hard top-1", hardTop1);
    weight("hard full", hardFull);
  }

  double hardWeight() {
    return hardTop1 + hardFull;
  }

  private static void weight(String name, double value) {
    if (!(value >= 0 && value <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid " + name + " weight: " + value + ", expected 0 or more");
    }
  }
}
