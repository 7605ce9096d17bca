package io.qtrace.job.judge;

import io.qtrace.job.operations.Step;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * How far training moved the LUT of one layer from parent to child.
 *
 * @param deltas largest |change| of a delta; empty unless the child has deltas
 * @param effective largest |change| of a value of the LUT that the deltas give, before it is
 *     snapped to float16
 * @param snapped values of that LUT, of the positive half, that moved on the float16 grid
 * @param values values of the positive half
 */
public record LutMove(
    String layer, Optional<Double> deltas, double effective, int snapped, int values)
    implements Serializable {
  // Deltas implied by a stored LUT come from a logarithm whose last bit differs between libraries:
  // 4 ulp at 3.5.
  private static final double IMPLIED_TOLERANCE = 1e-6;

  /** Whether the deltas moved, if the layer trains a LUT at all. */
  public boolean isTrained() {
    return deltas.isPresent() && deltas.get() > 0 && effective > 0;
  }

  /** The layers of a step whose LUTs both sides state. */
  static List<LutMove> of(Step step) {
    return step.lutLayers().stream().flatMap(layer -> of(step, layer).stream()).toList();
  }

  private static Optional<LutMove> of(Step step, LayerNames layer) {
    Optional<LayerLut> parent = step.before(layer);
    Optional<LayerLut> child = step.after(layer);
    if (parent.isEmpty() || child.isEmpty()) {
      return Optional.empty();
    }
    // What training starts from depends on the --lut-max-abs that it runs with.
    if (parent.get().deltas().isEmpty() && child.get().deltas().isPresent()) {
      parent = Optional.of(parent.get().withMaxAbs(child.get().maxAbs()));
    }
    LutDeltas before = parent.get().deltasOrImplied();
    LutDeltas after = child.get().deltasOrImplied();
    if (before.size() != after.size()) {
      return Optional.empty();
    }
    boolean implied = parent.get().deltas().isPresent() != child.get().deltas().isPresent();
    double tolerance = implied ? IMPLIED_TOLERANCE : 0;
    LutParameters beforeParameters = parent.get().training();
    LutParameters afterParameters = child.get().training();
    double deltas = moved(before.logits(), after.logits(), tolerance);
    double effective =
        moved(before.positive(beforeParameters), after.positive(afterParameters), tolerance);
    return Optional.of(
        new LutMove(
            layer.layer(),
            child.get().deltas().map(present -> deltas),
            effective,
            different(before.lut(beforeParameters), after.lut(afterParameters)),
            before.size()));
  }

  private static double moved(float[] before, float[] after, double tolerance) {
    double largest = 0;
    for (int i = 0; i < before.length; i++) {
      double move = Math.abs((double) after[i] - before[i]);
      if (!(move <= tolerance * Math.max(1, Math.abs(before[i])))) {
        largest = Math.max(largest, move);
      }
    }
    return largest;
  }

  private static int different(Lut before, Lut after) {
    int count = 0;
    for (int i = before.size() / 2; i < before.size(); i++) {
      count += before.value(i) == after.value(i) ? 0 : 1;
    }
    return count;
  }
}
