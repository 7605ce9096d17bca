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
  // Deltas implied by a stored LUT come from a logarithm whose last bits differ between libraries.
  private static final int IMPLIED_ULPS = 4;

  /** Whether the deltas moved, if the layer trains a LUT at all. */
  public boolean isTrained() {
    return deltas.isPresent() && deltas.get() > 0 && effective > 0;
  }

  /** The layers of a step with a LUT on both sides. */
  static List<LutMove> of(Step step) {
    return step.lutLayers().stream().flatMap(layer -> of(step, layer).stream()).toList();
  }

  private static Optional<LutMove> of(Step step, LayerNames layer) {
    Optional<LayerLut> parent = step.before(layer);
    Optional<LayerLut> child = step.after(layer);
    if (parent.isEmpty()
        || child.isEmpty()
        || parent.get().lut().size() != child.get().lut().size()) {
      return Optional.empty();
    }
    if (child.get().deltas().isEmpty()) {
      return Optional.of(between(layer, parent.get(), child.get()));
    }
    if (parent.get().deltas().isPresent()) {
      // Unchanged deltas give the same LUT, whatever --lut-max-abs a stored LUT implies.
      boolean same = parent.get().deltas().equals(child.get().deltas());
      LayerLut before = same ? parent.get().withMaxAbs(child.get().maxAbs()) : parent.get();
      return Optional.of(between(layer, before, child.get()));
    }
    // The initial deltas depend on the --lut-max-abs of training.
    LutMove move = between(layer, parent.get().withMaxAbs(child.get().maxAbs()), child.get());
    return Optional.of(
        child.get().startMaxAbs().stream()
            .map(
                start ->
                    between(layer, parent.get().withMaxAbs(start), child.get().withMaxAbs(start)))
            .filter(still -> !still.isTrained())
            .findFirst()
            .orElse(move));
  }

  private static LutMove between(LayerNames layer, LayerLut parent, LayerLut child) {
    LutDeltas before = parent.deltasOrImplied();
    LutDeltas after = child.deltasOrImplied();
    boolean implied = parent.deltas().isPresent() != child.deltas().isPresent();
    int ulps = implied ? IMPLIED_ULPS : 0;
    LutParameters beforeParameters = parent.training();
    LutParameters afterParameters = child.training();
    double deltas = moved(before.logits(), after.logits(), ulps);
    // Logits that all move by the same amount give the same LUT.
    double effective =
        implied && beforeParameters.equals(afterParameters) && isShifted(before, after)
            ? 0
            : moved(before.positive(beforeParameters), after.positive(afterParameters), 0);
    return new LutMove(
        layer.layer(),
        child.deltas().map(present -> deltas),
        effective,
        different(before.lut(beforeParameters), after.lut(afterParameters)),
        before.size());
  }

  private static boolean isShifted(LutDeltas before, LutDeltas after) {
    float[] shifted = after.logits();
    float[] from = before.logits();
    double shift = 0;
    for (int i = 0; i < shifted.length; i++) {
      shift += ((double) shifted[i] - from[i]) / shifted.length;
    }
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] -= (float) shift;
    }
    return moved(from, shifted, IMPLIED_ULPS) == 0;
  }

  private static double moved(float[] before, float[] after, int ulps) {
    double largest = 0;
    for (int i = 0; i < before.length; i++) {
      double move = Math.abs((double) after[i] - before[i]);
      if (!(move <= ulps * Math.ulp(Math.max(1, Math.abs(before[i]))))) {
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
