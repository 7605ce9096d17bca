package io.qtrace.job.operations;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
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

  private final Map<String, Optional<LayerLut>> luts = new HashMap<>();
  private final Map<String, List<TensorFacts>> byFingerprint = new HashMap<>(); // once asked for
  private Optional<Double> maxAbs = Optional.empty();
  private boolean isImpliedKnown;

  public Side(CheckpointFacts facts) {
    this.facts = Objects.requireNonNull(facts, "facts");
  }

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

  /** What the checkpoint states of a layer's LUT, where that can be one. */
  public Optional<LayerLut> lut(LayerNames layer) {
    Optional<Double> implied = impliedMaxAbs();
    return luts.computeIfAbsent(
        layer.layer(),
        name ->
            facts
                .lut(layer)
                .map(
                    lut ->
                        lut.deltas().isPresent() ? implied.map(lut::withMaxAbs).orElse(lut) : lut));
  }

  /**
   * The {@code --lut-max-abs} that training ran with, as its deltas imply it: the median of the
   * layers; empty where none trains, or where it is about the largest value of the stored LUTs.
   */
  public Optional<Double> impliedMaxAbs() {
    if (!isImpliedKnown) {
      isImpliedKnown = true;
      List<Double> ratios = new ArrayList<>();
      List<Double> implied = new ArrayList<>();
      for (String name : facts.tensors().keySet()) {
        LayerNames.ofDeltas(name)
            .flatMap(facts::lut)
            .ifPresent(
                lut ->
                    lut.impliedMaxAbs()
                        .ifPresent(
                            value -> {
                              implied.add(value);
                              ratios.add(value / lut.lut().maxAbs());
                            }));
      }
      if (!implied.isEmpty() && Math.abs(median(ratios) - 1) > FITS) {
        maxAbs = Optional.of(median(implied));
      }
    }
    return maxAbs;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
