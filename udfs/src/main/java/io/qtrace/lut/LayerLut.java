package io.qtrace.lut;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a checkpoint states of a layer's LUT.
 *
 * @param lut finite, of even size
 * @param deltas half as many; empty where the LUT does not train
 * @param maxAbs the {@code --lut-max-abs} that training ran with
 */
public record LayerLut(Lut lut, Optional<LutDeltas> deltas, double maxAbs) {
  public LayerLut {
    Objects.requireNonNull(lut, "lut");
    Objects.requireNonNull(deltas, "deltas");
  }

  /** A layer whose training ran with the largest value of the stored table. */
  public LayerLut(Lut lut, Optional<LutDeltas> deltas) {
    this(lut, deltas, lut.maxAbs());
  }

  /** The same layer, trained with another {@code --lut-max-abs}. */
  public LayerLut withMaxAbs(double other) {
    return new LayerLut(lut, deltas, other);
  }

  /**
   * The {@code --lut-max-abs} M that the deltas imply, within a few percent: they start as
   * logarithms of (differences of the stored table - m) / (M - n m), whose sum training hardly
   * moves, so M = (L - n m) / sum(exp(deltas)) + n m, with L the stored table's largest value.
   * Empty without deltas, or where they imply nothing.
   */
  public Optional<Double> impliedMaxAbs() {
    return deltas.flatMap(
        present -> {
          double sum = 0;
          for (float logit : present.logits()) {
            sum += Math.exp(logit);
          }
          double least = present.size() * training().minDelta();
          double implied = (lut.maxAbs() - least) / sum + least;
          return implied > 0 && Double.isFinite(implied) ? Optional.of(implied) : Optional.empty();
        });
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

  /** Parameters of training. */
  public LutParameters training() {
    return LutParameters.training(maxAbs);
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
    // With its deltas kept, a LUT brought up to them is a refresh.
    return bakes().stream()
        .filter(bake -> bake.lut().equals(child.lut))
        .filter(bake -> child.deltas.isEmpty() || !bake.lut().equals(bake.trained()))
        .findFirst();
  }

  /**
   * What bakes of this layer give: as the recipe does it, which does not depend on how training
   * ran, and exact ones; none without deltas.
   */
  public List<Bake> bakes() {
    List<Bake> bakes = new ArrayList<>();
    deltas.ifPresent(
        present -> {
          bakes.add(Bake.recipe(present, lut, maxAbs));
          parameters().forEach(one -> bakes.add(Bake.exact(present, one)));
        });
    return bakes;
  }

  // What training may have run with: the deltas imply it roughly, and not after long training.
  private List<Double> parameters() {
    return maxAbs == lut.maxAbs() ? List.of(maxAbs) : List.of((double) lut.maxAbs(), maxAbs);
  }

  /** Whether a LUT is what this one becomes once its deltas are written into it. */
  public boolean bakesTo(Lut other) {
    return bakes().stream().anyMatch(bake -> bake.lut().equals(other));
  }

  /** The LUTs that the deltas may give in training. */
  public List<Lut> refreshes() {
    return deltas.stream()
        .flatMap(
            present -> parameters().stream().map(one -> present.lut(LutParameters.training(one))))
        .toList();
  }

  /** Whether a LUT is one that the deltas give in training. */
  public boolean refreshesTo(Lut other) {
    return refreshes().contains(other);
  }
}
