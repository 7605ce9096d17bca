package io.qtrace.lut;

import java.util.Objects;
import java.util.Optional;

/**
 * What a checkpoint states of a layer's LUT.
 *
 * @param lut finite, of even size
 * @param deltas half as many; empty where the LUT does not train
 */
public record LayerLut(Lut lut, Optional<LutDeltas> deltas) {
  public LayerLut {
    Objects.requireNonNull(lut, "lut");
    Objects.requireNonNull(deltas, "deltas");
  }

  /** Of the stored numbers; empty unless they can be a LUT that trains, and its deltas. */
  public static Optional<LayerLut> of(Optional<float[]> lut, Optional<float[]> deltas) {
    return lut.filter(values -> values.length >= 2 && values.length % 2 == 0)
        .map(Lut::new)
        .filter(table -> Float.isFinite(table.maxAbs()))
        .filter(table -> deltas.isEmpty() || deltas.get().length * 2 == table.size())
        .map(table -> new LayerLut(table, deltas.map(LutDeltas::new)));
  }

  /** The stored deltas, else those that training would start from. */
  public LutDeltas deltasOrImplied() {
    return deltas.orElseGet(() -> LutDeltas.initial(lut, training()));
  }

  /** The LUT that training uses: that of the deltas, else the stored one. */
  public Lut effective() {
    return deltas.map(present -> present.lut(training())).orElse(lut);
  }

  /** Parameters of training whose {@code --lut-max-abs} is the stored table's largest value. */
  public LutParameters training() {
    return LutParameters.training(lut);
  }

  /** max |LUT of the deltas - stored LUT|; empty without deltas. */
  public Optional<Double> effectiveDrift() {
    return deltas.map(present -> (double) present.lut(training()).maxDifference(lut));
  }

  /** The bake of this layer that gives that child: as the recipe does it, or exact. */
  public Optional<Bake> bakeOf(LayerLut child) {
    if (deltas.isEmpty() || child.lut.equals(lut)) {
      return Optional.empty();
    }
    Bake recipe = Bake.recipe(deltas.get(), lut, lut.maxAbs());
    if (recipe.lut().equals(child.lut)) {
      return Optional.of(recipe);
    }
    // With its deltas kept, a LUT brought up to them is a refresh.
    return Optional.of(Bake.exact(deltas.get(), lut.maxAbs()))
        .filter(exact -> child.deltas.isEmpty() && exact.lut().equals(child.lut));
  }

  /** Whether a LUT is what this one becomes once its deltas are written into it. */
  public boolean bakesTo(Lut other) {
    return deltas
        .map(
            present ->
                Bake.recipe(present, lut, lut.maxAbs()).lut().equals(other)
                    || Bake.exact(present, lut.maxAbs()).lut().equals(other))
        .orElse(false);
  }

  /** Whether a LUT is the one that the deltas give in training. */
  public boolean refreshesTo(Lut other) {
    return deltas.map(present -> present.lut(training()).equals(other)).orElse(false);
  }
}
