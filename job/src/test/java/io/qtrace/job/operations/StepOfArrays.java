package io.qtrace.job.operations;

import io.qtrace.compare.TensorDiff;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Steps between checkpoints in memory, compared naively. */
public final class StepOfArrays {
  private StepOfArrays() {}

  /** All elements compared, and the indices of layers whose {@code _Q} moved recomputed. */
  public static Step of(ArrayCheckpoint parent, ArrayCheckpoint child) {
    Map<String, Recomputed> recomputed = new LinkedHashMap<>();
    for (String name : child.tensors().keySet()) {
      LayerNames.ofQuantized(name)
          .filter(layer -> moves(parent, child, layer))
          .ifPresent(layer -> recomputed.put(key(layer), recomputed(child, layer)));
    }
    return of(parent, child, recomputed);
  }

  /** All elements compared; what was recomputed of the child is given. */
  public static Step of(
      ArrayCheckpoint parent, ArrayCheckpoint child, Map<String, Recomputed> recomputed) {
    Map<String, TensorDiff> diffs = new LinkedHashMap<>();
    parent
        .tensors()
        .forEach(
            (name, before) -> {
              ArrayTensor after = child.tensor(name);
              if (after != null && after.shape().equals(before.shape())) {
                diffs.put(name, before.diff(name, after));
              }
            });
    Side left = new Side(parent.facts());
    Side right = new Side(child.facts());
    PairComparison pair = PairComparison.measured(left.facts(), right.facts(), diffs);
    return new Step(left, right, pair, recomputed);
  }

  /** Nothing but the facts of both sides. */
  public static Step ofFacts(ArrayCheckpoint parent, ArrayCheckpoint child) {
    return Step.ofFacts(new Side(parent.facts()), new Side(child.facts()));
  }

  /** Under which key the recomputed indices of a layer stand. */
  public static String key(LayerNames layer) {
    return Nearest.key(layer, io.qtrace.job.operations.Requantize.KIND, "TRAINED");
  }

  private static boolean moves(ArrayCheckpoint parent, ArrayCheckpoint child, LayerNames layer) {
    return isChanged(parent, child, layer.quantized()) && isChanged(parent, child, layer.indices());
  }

  private static boolean isChanged(ArrayCheckpoint parent, ArrayCheckpoint child, String name) {
    ArrayTensor before = parent.tensor(name);
    ArrayTensor after = child.tensor(name);
    return before != null
        && after != null
        && before.shape().equals(after.shape())
        && !Arrays.equals(before.values(), after.values());
  }

  private static Recomputed recomputed(ArrayCheckpoint child, LayerNames layer) {
    if (!child.tensors().containsKey(layer.weight())) {
      return new Recomputed(Optional.of("no " + layer.weight()), Mismatches.NONE);
    }
    Requantize requantize =
        new Requantize(
            Scales.trained(
                child.tensor(layer.scaleA()).floats(),
                child.tensor(layer.scaleB()).floats(),
                child.tensor(layer.magnitude()).floats()),
            new Lut(child.tensor(layer.lut()).floats()));
    float[] weights = child.tensor(layer.weight()).floats();
    double[] indices = child.tensor(layer.indices()).values();
    int in = requantize.scales().in();
    Mismatches others = Mismatches.NONE;
    for (int i = 0; i < weights.length; i++) {
      float[] row = Arrays.copyOfRange(weights, i / in * in, (i / in + 1) * in);
      Requantize.Row quotients = requantize.row(i / in, row);
      if (!quotients.allows(i % in, (long) indices[i])) {
        others = others.merge(new Mismatches(1, i, indices[i], quotients.index(i % in)));
      }
    }
    return new Recomputed(Optional.empty(), others);
  }
}
