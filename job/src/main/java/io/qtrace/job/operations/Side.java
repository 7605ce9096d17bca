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

  private static final int SHOWN = 3; // significant digits of what the deltas imply

  private final Map<String, Optional<LayerLut>> luts = new HashMap<>();
  private final Map<String, List<TensorFacts>> byFingerprint = new HashMap<>(); // once asked for
  private final Optional<Double> declaredMaxAbs;
  private Optional<MaxAbs> maxAbs = Optional.empty(); // once asked for
  private Boolean lora; // once asked for

  public Side(CheckpointFacts facts) {
    this(facts, Optional.empty());
  }

  /**
   * A side whose run may state the {@code --lut-max-abs} of its LUT training.
   *
   * @param lutMaxAbs {@code --lut-max-abs} from the run's settings, used if the deltas agree with
   *     it
   */
  public Side(CheckpointFacts facts, Optional<Double> lutMaxAbs) {
    this.facts = Objects.requireNonNull(facts, "facts");
    this.declaredMaxAbs = Objects.requireNonNull(lutMaxAbs, "lutMaxAbs");
  }

  /**
   * The {@code --lut-max-abs} that training ran with.
   *
   * @param value empty if it is taken to be the largest value of each stored LUT
   * @param source where the value comes from, for people; empty if that is obvious
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

  /** Whether it has factors of an adapter. */
  boolean hasLora() {
    if (lora == null) {
      lora = facts.tensors().keySet().stream().anyMatch(TensorGroup::isLora);
    }
    return lora;
  }

  /** The number of tensors that it has with the dtype, shape and bytes of one, under any names. */
  public int held(TensorFacts one) {
    return same(one).size();
  }

  /** The number of tensors of another checkpoint that it has, under any names. */
  public long held(Side other) {
    return other.facts.tensors().values().stream().filter(one -> !same(one).isEmpty()).count();
  }

  /** The LUT of a layer as the checkpoint states it, if it is usable. */
  public Optional<LayerLut> lut(LayerNames layer) {
    Optional<LayerLut> known = luts.get(layer.layer());
    if (known == null) {
      known = facts.lut(layer).map(this::inTraining);
      luts.put(layer.layer(), known);
    }
    return known;
  }

  private LayerLut inTraining(LayerLut lut) {
    return lut.deltas().isPresent() ? maxAbs().value().map(lut::withMaxAbs).orElse(lut) : lut;
  }

  /** Where the {@code --lut-max-abs} of training comes from, if that is worth a note. */
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
    double about = Median.of(implied);
    Optional<Double> declared = declaredMaxAbs.filter(value -> Math.abs(about / value - 1) <= FITS);
    if (declared.isPresent()) {
      return new MaxAbs(
          declared, Optional.of("%s as stated in the run's settings".formatted(declared.get())));
    }
    return Math.abs(Median.of(ratios) - 1) > FITS
        ? new MaxAbs(
            Optional.of(about),
            Optional.of("about %s as implied by the deltas".formatted(shown(about))))
        : new MaxAbs(Optional.empty(), Optional.empty());
  }

  private static String shown(double value) {
    return new BigDecimal(value).round(new MathContext(SHOWN)).toPlainString();
  }
}
