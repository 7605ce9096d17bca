package io.qtrace.job.bake;

import io.qtrace.lut.Bake;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import java.util.Optional;

/**
 * How the LUTs of a checkpoint's layers are replaced, before {@code _Q = lut[_indices]}.
 *
 * <p>The {@code --lut-max-abs} of training is not stored: if empty, the largest value of the
 * layer's stored table is used.
 */
public sealed interface LutChange {
  /** Bake as the recipe's tool does. */
  record Recipe(Optional<Double> maxAbs) implements LutChange {}

  /** Bake the tables that training used. */
  record Exact(Optional<Double> maxAbs) implements LutChange {}

  /** Keep the stored tables. */
  record Stored() implements LutChange {}

  /**
   * Replace the stored tables by those that training computes from the deltas, and keep the deltas.
   */
  record Refresh(Optional<Double> maxAbs) implements LutChange {}

  /**
   * The table of a layer.
   *
   * @param drift max |lut - the table that training used|; empty without deltas
   */
  record Outcome(Lut lut, Optional<Double> drift) {}

  /** Whether LUT training ends: deltas are dropped, and layers without deltas stay as they are. */
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
