package io.qtrace.job.judge;

import io.qtrace.io.Amount;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.TensorGroup;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.LutDeltas;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Notes about a training step that are not findings. */
final class TrainNotes {
  private TrainNotes() {}

  /**
   * @param trained what the step trains
   */
  static List<String> of(EdgeKind kind, Step step, List<String> trained) {
    List<String> notes = new ArrayList<>();
    if (!kind.equals(Train.KIND)) {
      return notes;
    }
    if (!trained.isEmpty()) {
      notes.add("trains " + String.join(", ", trained));
    }
    long hidden =
        step.pair().byName().values().stream()
            .filter(tensor -> tensor.isComparable() && !tensor.isChanged())
            .filter(tensor -> step.trained().trains(tensor) && step.trained().mayStay(tensor))
            .count();
    if (hidden > 0) {
      notes.add(
          "%s of 16 bits did not change although the group trains: rounding may hide small updates"
              .formatted(Amount.of(hidden, "tensor")));
    }
    List<LayerNames> layers = step.lutLayers();
    long dropped =
        layers.stream()
            .filter(layer -> hasDeltas(step.before(layer)) && !hasDeltas(step.after(layer)))
            .count();
    if (dropped > 0) {
      notes.add(
          "the trained LUT of %s is lost: deltas removed, .lut still the one from before LUT training"
              .formatted(Amount.of(dropped, "layer")));
    }
    long restarted = layers.stream().filter(layer -> isRestarted(layer, step)).count();
    if (restarted > 0) {
      notes.add(
          "LUT training of %s restarted from .lut: what the parent's deltas had learned is lost"
              .formatted(Amount.of(restarted, "layer")));
    }
    return notes;
  }

  /** What a train edge trains: groups of tensors, and LUTs; empty for other kinds. */
  static List<String> trained(EdgeKind kind, Step step) {
    if (!kind.equals(Train.KIND)) {
      return List.of();
    }
    List<String> trained = new ArrayList<>(names(step.trained().trained()));
    names(step.trained().halved()).forEach(group -> trained.add(group + " frozen at float16"));
    long luts = step.lutLayers().stream().filter(layer -> hasDeltas(step.after(layer))).count();
    if (luts > 0) {
      trained.add("the LUT of " + Amount.of(luts, "layer"));
    }
    return trained;
  }

  // Both attention and MLP means all.
  private static Set<String> names(Set<TensorGroup> groups) {
    Set<String> names = new LinkedHashSet<>();
    for (TensorGroup group : groups) {
      long parts = groups.stream().filter(other -> other.what().equals(group.what())).count();
      names.add(parts > 1 ? group.what() : group.toString());
    }
    return names;
  }

  private static boolean hasDeltas(Optional<LayerLut> lut) {
    return lut.flatMap(LayerLut::deltas).isPresent();
  }

  // Whether the deltas are nearer to those that the stored LUT implies than to the parent's.
  private static boolean isRestarted(LayerNames layer, Step step) {
    Optional<LayerLut> before = step.before(layer);
    Optional<LayerLut> after = step.after(layer);
    if (!hasDeltas(before) || !hasDeltas(after)) {
      return false;
    }
    LutDeltas start = LutDeltas.initial(before.get().lut(), before.get().training());
    LutDeltas parent = before.get().deltas().orElseThrow();
    LutDeltas child = after.get().deltas().orElseThrow();
    return start.size() == child.size()
        && parent.size() == child.size()
        && distance(child, start) < distance(child, parent);
  }

  private static double distance(LutDeltas one, LutDeltas other) {
    float[] left = one.logits();
    float[] right = other.logits();
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += Math.pow((double) left[i] - right[i], 2);
    }
    return sum;
  }
}
