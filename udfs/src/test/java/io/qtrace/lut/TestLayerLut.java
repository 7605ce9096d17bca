package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A layer whose training ran with another {@code --lut-max-abs} than its stored table ends at. */
class TestLayerLut {
  private static final Lut STORED =
      Lut.mirrored(new float[] {0.0625f, 0.25f, 0.375f, 0.5f, 0.625f, 0.75f, 0.875f, 1});

  @ParameterizedTest
  @ValueSource(doubles = {0.9, 1.0, 1.2, 1.5, 2.0, 3.3, 4.0})
  void unmovedDeltasImplyWhatTheyStartedFrom(double maxAbs) {
    LayerLut layer = started(maxAbs);
    assertThat(layer.startMaxAbs()).contains(maxAbs);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.9, 1.0, 1.2, 1.5, 2.0, 3.3})
  void theTableThatTrainingUsedIsRecognised(double maxAbs) {
    LayerLut layer = moved(maxAbs);
    Lut used = layer.deltas().orElseThrow().lut(LutParameters.training(maxAbs));
    assertThat(layer.refreshesTo(used)).isTrue();
    assertThat(layer.bakesTo(used)).isTrue();
    assertThat(layer.bakeOf(new LayerLut(used, Optional.empty())).orElseThrow().drift()).isZero();
  }

  @Test
  void aTableThatEndsWhereTheDeltasDoNotImplyIsNot() {
    LayerLut layer = moved(2.0);
    for (double other : new double[] {0.7, 1.3, 1.5, 2.7, 4}) {
      Lut table = layer.deltas().orElseThrow().lut(LutParameters.training(other));
      assertThat(layer.refreshesTo(table)).as("%s", other).isFalse();
      assertThat(layer.bakesTo(table)).as("%s", other).isFalse();
    }
  }

  @Test
  void oneEntryOfTheTableThatTrainingUsedIsNoticed() {
    LayerLut layer = moved(1.2);
    Lut used = layer.deltas().orElseThrow().lut(LutParameters.training(1.2));
    for (int entry = 8; entry < 16; entry++) {
      float[] values = used.values();
      values[entry] *= 1 + 0x1p-10f;
      assertThat(layer.refreshesTo(new Lut(values))).as("%s", entry).isFalse();
    }
  }

  private static LayerLut started(double maxAbs) {
    return new LayerLut(
        STORED, Optional.of(LutDeltas.initial(STORED, LutParameters.training(maxAbs))));
  }

  private static LayerLut moved(double maxAbs) {
    float[] logits = started(maxAbs).deltas().orElseThrow().logits();
    Random random = new Random(20261127);
    for (int i = 0; i < logits.length; i++) {
      logits[i] += (float) (0.1 * random.nextGaussian());
    }
    return new LayerLut(STORED, Optional.of(new LutDeltas(logits)));
  }
}
