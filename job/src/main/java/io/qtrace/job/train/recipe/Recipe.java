package io.qtrace.job.train.recipe;

import java.io.Serializable;
import java.util.Objects;

/** Every setting of the recipe that its numbers depend on, the data apart. */
public record Recipe(
    TrainableParameters trained,
    LrSchedule rates,
    DistillationLossConfig objective,
    Forward forward,
    Precision precision)
    implements Serializable {
  public Recipe {
    Objects.requireNonNull(trained, "trained");
    Objects.requireNonNull(rates, "rates");
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(forward, "forward");
    Objects.requireNonNull(precision, "precision");
  }
}
