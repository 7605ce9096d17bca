package io.qtrace.job.bake;

import io.qtrace.lut.Bake;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import java.util.Optional;

/**
 * Where the tables of a checkpoint's layers come from, before {@code _Q = lut[_indices]}.
 *
 * <p>Training's {@code --lut-max-abs} is stored nowhere: empty stands for the largest value of the
 * layer's stored table.
 */
public sealed interface LutChange {
  /** Bake as the recipe's tool does. */
  record Recipe(Optional<Double> maxAbs) implements LutChange {}

  /** Bake the tables that training used. */
  record Exact(Optional<Double> maxAbs) implements LutChange {}

  /** Keep the stored tables. */
  record Stored() implements LutChange {}

  /** Bring the stored tables up to the deltas, as training uses them, and keep these. */
  record Refresh(Optional<Double> maxAbs) implements LutChange {}

  /**
   * The table of a layer.
   *
   * @param drift max |lut - the table that training used|; empty without deltas
   */
  record Outcome(Lut lut, Optional<Double> drift) {}

  /** Whether the layers stop training: their deltas go, and those that have none stay as is. */
  default boolean isBake() {
    return this instanceof Recipe || this instanceof Exact;
  }

  /** The table of a layer with deltas. */
  default Outcome of(Lut stored, LutDeltas deltas) {
    if (this instanceof Recipe recipe) {
      Bake bake = Bake.recipe(deltas, stored, maxAbs(recipe.maxAbs, stored));
      return new Outcome(bake.lut(), Optional.of((double) bake.drift()));
    }
    if (this instanceof Exact exact) {
      return new Outcome(trained(exact.maxAbs, stored, deltas), Optional.of(0.0));
    }
    if (this instanceof Refresh refresh) {
      return new Outcome(trained(refresh.maxAbs, stored, deltas), Optional.of(0.0));
    }
    Lut trained = trained(Optional.empty(), stored, deltas);
    return new Outcome(stored, Optional.of((double) stored.maxDifference(trained)));
  }

  private static Lut trained(Optional<Double> maxAbs, Lut stored, LutDeltas deltas) {
    return Bake.exact(deltas, maxAbs(maxAbs, stored)).lut();
  }

  private static double maxAbs(Optional<Double> stated, Lut stored) {
    return new LutParameters(stated.orElse((double) stored.maxAbs()), 1).maxAbs();
  }
}
