package io.qtrace.job.audit.parents;

import io.qtrace.job.lineage.TensorRow;
import io.qtrace.lut.Bake;
import io.qtrace.lut.Lut;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint states of one layer's LUT.
 *
 * @param stored {@code .lut} [n]
 * @param deltas {@code _lut_raw_deltas} [n/2]; empty where the LUT does not train
 */
record LayerLut(Lut stored, Optional<LutDeltas> deltas) {
  static final String LUT = ".lut";
  private static final String DELTAS = "._lut_raw_deltas";

  /** Empty where the layer has no LUT of which all values were kept, finite and even in number. */
  static Optional<LayerLut> of(Map<String, TensorRow> tensors, String layer) {
    Optional<float[]> lut = floats(tensors.get(layer + LUT));
    Optional<float[]> deltas = floats(tensors.get(layer + DELTAS));
    boolean usable =
        lut.isPresent()
            && lut.get().length % 2 == 0
            && Float.isFinite(new Lut(lut.get()).maxAbs())
            && (deltas.isEmpty() || deltas.get().length * 2 == lut.get().length);
    return usable
        ? Optional.of(new LayerLut(new Lut(lut.get()), deltas.map(LutDeltas::new)))
        : Optional.empty();
  }

  private static Optional<float[]> floats(TensorRow row) {
    if (row == null || row.values().isEmpty() || row.values().size() != row.elements()) {
      return Optional.empty();
    }
    float[] floats = new float[row.values().size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = row.values().get(i).floatValue();
    }
    return Optional.of(floats);
  }

  /** The positive half [n/2] of the LUT in use, before it is snapped to float16. */
  float[] effective() {
    return deltas.orElseGet(this::implied).positive(parameters());
  }

  /** How far training took the LUT from the stored one: 0 where it does not train. */
  double trained() {
    return deltas
        .map(present -> squared(present.positive(parameters()), implied().positive(parameters())))
        .map(Math::sqrt)
        .orElse(0.0);
  }

  /** Whether a LUT is what this one becomes once its deltas are written into it. */
  boolean bakesTo(Lut lut) {
    return deltas
        .map(
            present ->
                List.of(
                    Bake.recipe(present, stored, stored.maxAbs()).lut(),
                    Bake.exact(present, stored.maxAbs()).lut()))
        .map(bakes -> bakes.contains(lut))
        .orElse(false);
  }

  /** Whether a LUT is the one that the deltas give in training. */
  boolean refreshesTo(Lut lut) {
    return deltas.map(present -> present.lut(parameters()).equals(lut)).orElse(false);
  }

  private LutDeltas implied() {
    return LutDeltas.initial(stored, parameters());
  }

  private LutParameters parameters() {
    return LutParameters.training(stored);
  }

  private static double squared(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = (double) one[i] - other[i];
      sum += difference * difference;
    }
    return sum;
  }
}
