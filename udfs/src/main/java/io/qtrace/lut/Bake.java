package io.qtrace.lut;

import io.qtrace.tensor.Float16;
import java.util.Objects;
import java.util.Optional;

/**
 * A bake: the table that replaces the stored one, next to the table that training used.
 *
 * @param lut the baked table, every value exact in float16
 * @param trained the effective table of the same deltas under training's parameters
 */
public record Bake(Lut lut, Lut trained) {
  private static final float LEAST_POSITIVE = Float16.round(1e-4f);

  public Bake {
    Objects.requireNonNull(lut, "lut");
    Objects.requireNonNull(trained, "trained");
  }

  /**
   * As the recipe's tool bakes: M and m from the stored table, then a repair in float16.
   *
   * @param maxAbs the {@code --lut-max-abs} that training ran with
   */
  public static Bake recipe(LutDeltas deltas, Lut stored, double maxAbs) {
    return recipe(deltas, stored, maxAbs, Optional.empty());
  }

  /**
   * The same, as another machine may have computed it.
   *
   * @param seen what it stored
   */
  static Bake recipe(LutDeltas deltas, Lut stored, double maxAbs, Optional<Lut> seen) {
    return new Bake(
        baked(deltas, stored.maxAbs(), seen), deltas.lut(LutParameters.training(maxAbs)));
  }

  /**
   * The table that the recipe's tool bakes.
   *
   * @param storedMaxAbs max |value| of the stored table
   */
  public static Lut baked(LutDeltas deltas, double storedMaxAbs) {
    return baked(deltas, storedMaxAbs, Optional.empty());
  }

  private static Lut baked(LutDeltas deltas, double storedMaxAbs, Optional<Lut> seen) {
    LutParameters parameters = LutParameters.bake(storedMaxAbs);
    float[] positive = deltas.positive(parameters);
    for (int i = 0; i < positive.length; i++) {
      positive[i] = deltas.rounded(positive[i], i, seen);
    }
    repair(positive, (float) parameters.maxAbs());
    return Lut.mirrored(positive);
  }

  /** A bake that keeps the table that training used, so that nothing drifts. */
  public static Bake exact(LutDeltas deltas, double maxAbs) {
    return exact(deltas, maxAbs, Optional.empty());
  }

  /** The same, as another machine may have computed it. */
  static Bake exact(LutDeltas deltas, double maxAbs, Optional<Lut> seen) {
    Lut trained = deltas.lut(LutParameters.training(maxAbs), seen);
    return new Bake(trained, trained);
  }

  /** max |baked - trained|. */
  public float drift() {
    return lut.maxDifference(trained);
  }

  /**
   * Snaps a positive half [n] to float16, ends it at maxAbs, and lifts each value above the one
   * before it, no further than leaves room for those that follow.
   */
  static void repair(float[] positive, float maxAbs) {
    int last = positive.length - 1;
    float[] cap = new float[positive.length];
    cap[last] = Float16.round(maxAbs);
    for (int i = last - 1; i >= 0; i--) {
      cap[i] = Float16.nextDown(cap[i + 1]);
    }
    for (int i = 0; i <= last; i++) {
      float value = i == last ? cap[last] : Float16.round(positive[i]);
      if (i == 0 && value <= 0) {
        value = LEAST_POSITIVE;
      } else if (i > 0 && value <= positive[i - 1]) {
        value = Float16.nextUp(positive[i - 1]);
      }
      positive[i] = Math.min(value, cap[i]);
    }
  }
}
