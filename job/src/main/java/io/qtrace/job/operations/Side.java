package io.qtrace.job.operations;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One end of a step, with the LUTs of its layers, each read once. */
public final class Side {
  private final CheckpointFacts facts;
  // Deltas imply --lut-max-abs within a few percent; the largest value of the stored LUT, which it
  // mostly is, fits what they imply within this part of it.
  private static final double FITS = 0.25;

  private static final int SHOWN = 3; // digits that the deltas imply

  private final Map<String, Optional<LayerLut>> luts = new HashMap<>();
  private final Map<String, List<TensorFacts>> byFingerprint = new HashMap<>(); // once asked for
  private final Optional<Double> declaredMaxAbs;
  private Optional<MaxAbs> maxAbs = Optional.empty(); // once asked for

  public Side(CheckpointFacts facts) {
    this(facts, Optional.empty());
  }

  /**
   * A side whose run may say what its LUTs trained with.
   *
   * @param lutMaxAbs {@code --lut-max-abs} as the run's settings give it, used where the deltas
   *     agree with it
   */
  public Side(CheckpointFacts facts, Optional<Double> lutMaxAbs) {
    this.facts = Objects.requireNonNull(facts, "facts");
    this.declaredMaxAbs = Objects.requireNonNull(lutMaxAbs, "lutMaxAbs");
  }

  /**
   * The {@code --lut-max-abs} that training ran with.
   *
   * @param value empty where it is taken to be the largest value of each stored LUT
   * @param source how it is known, for a person; empty where that goes without saying
   */
  private record MaxAbs(Optional<Double> value, Optional<String> source) {}

  public CheckpointFacts facts() {
    return facts;
  }

  public Optional<TensorFacts> tensor(String name) {
    return facts.tensor(name);
  }

  /** The tensors with the dtype, shape and bytes of another, under any name. */
  List<TensorFacts> same(TensorFacts one) {
    if (byFingerprint.isEmpty()) {
      for (TensorFacts tensor : facts.tensors().values()) {
        byFingerprint
            .computeIfAbsent(tensor.fingerprint(), fingerprint -> new ArrayList<>())
            .add(tensor);
      }
    }
    return byFingerprint.getOrDefault(one.fingerprint(), List.of()).stream()
        .filter(one::isSame)
        .toList();
  }

  /** How many tensors it has with the dtype, shape and bytes of one, under any names. */
  public int held(TensorFacts one) {
    return same(one).size();
  }

  /** How many tensors of another checkpoint it has, under any names. */
  public long held(Side other) {
    return other.facts.tensors().values().stream().filter(one -> !same(one).isEmpty()).count();
  }

  /** What the checkpoint states of a layer's LUT, where that can be one. */
  public Optional<LayerLut> lut(LayerNames layer) {
    Optional<Double> trained = maxAbs().value();
    return luts.computeIfAbsent(
        layer.layer(),
        name ->
            facts
                .lut(layer)
                .map(
                    lut ->
                        lut.deltas().isPresent() ? trained.map(lut::withMaxAbs).orElse(lut) : lut));
  }

  /** How the {@code --lut-max-abs} of training is known, if that needs to be said. */
  Optional<String> maxAbsSource() {
    return maxAbs().source();
  }

  private MaxAbs maxAbs() {
    if (maxAbs.isEmpty()) {
      maxAbs = Optional.of(foundMaxAbs());
    }
    return maxAbs.get();
  }

  // Where it is not the largest value of the stored LUTs: the settings, else the median of what the
  // deltas of the layers imply.
  private MaxAbs foundMaxAbs() {
    List<Double> ratios = new ArrayList<>();
    List<Double> implied = new ArrayList<>();
    boolean trains = false;
    for (String name : facts.tensors().keySet()) {
      Optional<LayerLut> layer = LayerNames.ofDeltas(name).flatMap(facts::lut);
      trains |= layer.isPresent();
      Optional<Double> value = layer.flatMap(LayerLut::impliedMaxAbs);
      if (value.isPresent()) {
        implied.add(value.get());
        ratios.add(value.get() / layer.get().lut().maxAbs());
      }
    }
    if (implied.isEmpty()) {
      return new MaxAbs(
          Optional.empty(),
          trains
              ? Optional.of("assumed to be the largest value of each stored LUT")
              : Optional.empty());
    }
    double about = median(implied);
    Optional<Double> declared = declaredMaxAbs.filter(value -> Math.abs(about / value - 1) <= FITS);
    if (declared.isPresent()) {
      return new MaxAbs(
          declared, Optional.of("%s as the run's settings say".formatted(declared.get())));
    }
    return Math.abs(median(ratios) - 1) > FITS
        ? new MaxAbs(
            Optional.of(about), Optional.of("about %s as the deltas imply".formatted(shown(about))))
        : new MaxAbs(Optional.empty(), Optional.empty());
  }

  private static String shown(double value) {
    return new BigDecimal(value).round(new MathContext(SHOWN)).toPlainString();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
