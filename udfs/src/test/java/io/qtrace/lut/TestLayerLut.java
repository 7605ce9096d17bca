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

  // PyTorch 2.13 on a processor with AVX-512; with AVX2 the first entry is half a unit lower and
  // rounds to another float16.
  @Test
  void tablesThatAnotherMachineRoundedOtherwiseAreRecognised() {
    Lut stored = Lut.mirrored(new float[] {0.125f, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 2});
    LutDeltas deltas =
        new LutDeltas(
            -2.7855399f,
            -2.834841f,
            -2.0710914f,
            -2.092672f,
            -2.029671f,
            -2.0326476f,
            -2.1121511f,
            -1.3715003f);
    float[] baked = {
      0.123535156f, 0.24133301f, 0.49169922f, 0.7368164f, 0.9975586f, 1.2578125f, 1.4980469f, 2
    };
    LayerLut layer = new LayerLut(stored, Optional.of(deltas));
    assertThat(layer.bakesTo(Lut.mirrored(baked))).isTrue();
    assertThat(layer.bakeOf(new LayerLut(Lut.mirrored(baked), Optional.empty()))).isPresent();
    for (int i = 0; i < baked.length; i++) {
      float[] other = baked.clone();
      other[i] = i == 0 ? 0.123413086f : Math.nextUp(other[i] * (1 + 0x1p-10f));
      assertThat(layer.bakesTo(Lut.mirrored(other))).as("entry %d", i).isFalse();
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
