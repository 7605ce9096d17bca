package io.qtrace.job.train.recipe;

import java.io.Serializable;
import java.util.Objects;

/**
 * What training may change.
 *
 * @param scales whether the scales of all layers train
 * @param lutScope layers whose LUT trains
 * @param lutMaxAbs M of the trainable LUTs, {@code --lut-max-abs}
 * @throws IllegalArgumentException if nothing trains, or lutMaxAbs is out of range
 */
public record TrainableParameters(boolean scales, LutScope lutScope, double lutMaxAbs)
    implements Serializable {
  public TrainableParameters {
    Objects.requireNonNull(lutScope, "lutScope");
    if (!scales && lutScope == LutScope.NONE) {
      throw new IllegalArgumentException(
          "Invalid training: nothing trains, expected LUT or scales");
    }
    if (!(lutMaxAbs > 0 && lutMaxAbs <= 65504)) {
      throw new IllegalArgumentException(
          "Invalid LUT max abs: " + lutMaxAbs + ", expected a number above 0, at most 65504");
    }
  }
}
