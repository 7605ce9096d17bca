package io.qtrace.lut;

import io.qtrace.tensor.Float16;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A layer's LUT as stored in a checkpoint.
 *
 * @param lut finite, of even size
 * @param deltas half as many; empty if the LUT does not train
 * @param maxAbs the {@code --lut-max-abs} that training ran with
 */
public record LayerLut(Lut lut, Optional<LutDeltas> deltas, double maxAbs) {
  // Deltas imply --lut-max-abs within a few percent.
  private static final double IMPLIED = 0.2;

  private static final double NEAR = 0.1; // m doubles at powers of two

  private static final int MOST_DIGITS = 4; // digits of a number that a person gives

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
   * Empty without deltas, or if they imply nothing.
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

  /**
   * What training may have run with if the deltas are still those that it started from: as they
   * imply it with the m of about that M, and the decimal next to it; none without deltas.
   */
  public List<Double> startMaxAbs() {
    return impliedMaxAbs().stream()
        .flatMap(roughly -> Stream.of(roughly, roughly * (1 - NEAR), roughly * (1 + NEAR)))
        .flatMap(about -> withMaxAbs(about).impliedMaxAbs().stream())
        .flatMap(
            exact ->
                Stream.of(
                    exact,
                    BigDecimal.valueOf(exact)
                        .setScale(MOST_DIGITS, RoundingMode.HALF_EVEN)
                        .doubleValue()))
        .distinct()
        .toList();
  }

  /** From the stored numbers; empty unless they can be a trainable LUT and its deltas. */
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
    // A LUT recomputed from deltas that are kept is a refresh.
    return bakes(child.lut).stream()
        .filter(bake -> bake.lut().equals(child.lut))
        .filter(bake -> child.deltas.isEmpty() || !bake.lut().equals(bake.trained()))
        .findFirst();
  }

  /**
   * What bakes of this layer give that may have given a table: as the recipe does it, which does
   * not depend on how training ran, and exact ones; none without deltas.
   */
  public List<Bake> bakes(Lut table) {
    List<Bake> bakes = new ArrayList<>();
    deltas.ifPresent(
        present -> {
          Optional<Lut> seen = Optional.of(table);
          bakes.add(Bake.recipe(present, lut, maxAbs, seen));
          parameters(table).forEach(one -> bakes.add(Bake.exact(present, one, seen)));
        });
    return bakes;
  }

  // Values that training may have used: deltas imply one roughly, more so after long training; a
  // table of such a training ends at it, rounded to float16.
  private Set<Double> parameters(Lut table) {
    Set<Double> all = new LinkedHashSet<>(List.of((double) lut.maxAbs(), maxAbs));
    all.addAll(trainedWith(table.maxAbs()));
    return all;
  }

  /**
   * What training ran with if its table ends at a number: the decimal with the fewest digits that
   * float16 rounds to it, or the number itself; none where the deltas imply another.
   */
  public List<Double> trainedWith(float largest) {
    boolean fits =
        impliedMaxAbs().filter(implied -> Math.abs(largest / implied - 1) <= IMPLIED).isPresent();
    if (!fits) {
      return List.of();
    }
    return Stream.concat(
            IntStream.rangeClosed(0, MOST_DIGITS)
                .mapToObj(
                    digits ->
                        BigDecimal.valueOf(largest)
                            .setScale(digits, RoundingMode.HALF_EVEN)
                            .doubleValue())
                .filter(decimal -> Float16.round(decimal.floatValue()) == largest)
                .limit(1),
            Stream.of((double) largest))
        .distinct()
        .toList();
  }

  /** Whether a LUT is the result of baking this one. */
  public boolean bakesTo(Lut other) {
    return bakes(other).stream().anyMatch(bake -> bake.lut().equals(other));
  }

  /** The LUTs that training may compute from the deltas, if a table is one of them. */
  public List<Lut> refreshes(Lut table) {
    return deltas.stream()
        .flatMap(
            present ->
                parameters(table).stream()
                    .map(one -> present.lut(LutParameters.training(one), Optional.of(table))))
        .toList();
  }

  /** Whether a LUT is one that training may compute from the deltas. */
  public boolean refreshesTo(Lut other) {
    return refreshes(other).contains(other);
  }
}
