package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestLutDeltas {
  private static final JsonNode ARCHIVE = Goldens.read("archive");
  private static final JsonNode RANDOM = Goldens.read("random");
  private static final double[] MAX_ABS = {2, 1, 0.5, 1.5, 3, 6, 0.3, 0.02, 0.1, 100};

  @Test
  void softmaxHasPyTorchsBits() {
    for (JsonNode vector : RANDOM.get("vectors")) {
      assertThat(Softmax.of(Goldens.floats(vector.get("deltas"))))
          .as("softmax of %s", vector.get("deltas"))
          .containsExactly(Goldens.floats(vector.get("softmax")));
    }
  }

  @Test
  void softmaxOfNaNIsNaN() {
    assertThat(Softmax.of(new float[] {0, Float.NaN, 1})).containsOnly(Float.NaN);
    assertThat(Softmax.of(new float[] {0, Float.POSITIVE_INFINITY})).contains(Float.NaN);
    assertThat(Softmax.of(new float[] {0, Float.NEGATIVE_INFINITY})).containsExactly(1, 0);
  }

  @Test
  void everyLayerOfTheArchiveHasTheTableThatPyTorchComputes() {
    for (var checkpoint : Goldens.members(ARCHIVE.get("checkpoints"))) {
      for (var layer : Goldens.members(checkpoint.getValue())) {
        JsonNode golden = layer.getValue();
        assertThat(Goldens.deltas(golden.get("deltas")).lut(LutParameters.training(2)))
            .as("%s %s", checkpoint.getKey(), layer.getKey())
            .isEqualTo(Goldens.lut(golden.get("effective")));
      }
    }
  }

  @Test
  void refreshedTablesAreThoseOfTheDeltasUnderTheLargestStoredValue() {
    JsonNode layers =
        ARCHIVE.at("/checkpoints/srLUT-004_all_alpaca_M2p0_lr1e5_from_best~1checkpoint_step200.pt");
    assertThat(layers).hasSize(14);
    for (var refreshed : Goldens.members(ARCHIVE.get("refreshedFile"))) {
      JsonNode layer = layers.get(refreshed.getKey());
      LutParameters training = LutParameters.training(Goldens.lut(layer.get("stored")));
      assertThat(Goldens.deltas(layer.get("deltas")).lut(training))
          .as(refreshed.getKey())
          .isEqualTo(Goldens.lut(refreshed.getValue()));
    }
  }

  @Test
  void randomDeltasOfAnySizeGiveThePyTorchTable() {
    for (JsonNode vector : RANDOM.get("vectors")) {
      double maxAbs = vector.get("maxAbs").asDouble();
      assertThat(Goldens.deltas(vector.get("deltas")).lut(LutParameters.training(maxAbs)))
          .as("M %s, deltas %s", maxAbs, vector.get("deltas"))
          .isEqualTo(Goldens.lut(vector.get("effective")));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void tenThousandRandomDeltasGiveThePyTorchTables(int size) {
    Random random = new Random(size);
    ByteBuffer[] tables = new ByteBuffer[10_000];
    for (int i = 0; i < tables.length; i++) {
      LutParameters training = LutParameters.training(MAX_ABS[i % MAX_ABS.length]);
      tables[i] = Goldens.bytes(randomDeltas(random, size).lut(training).values());
    }
    assertThat(Goldens.sha256(tables))
        .isEqualTo(RANDOM.at("/digests/" + size + "/effective").asText());
  }

  /** What {@code goldens.py} draws. */
  static LutDeltas randomDeltas(Random random, int size) {
    float[] logits = Goldens.randomFloats(random, size);
    for (int i = 0; i < size; i++) {
      logits[i] = (logits[i] - 0.5f) * 16;
    }
    return new LutDeltas(logits);
  }

  @Test
  void trainingThatNeverMovedTheDeltasStillHasTheInitialOnes() {
    JsonNode layers = ARCHIVE.at("/checkpoints/training~1debug_head_fp32_step20.pt");
    assertThat(layers).hasSize(14);
    for (JsonNode layer : layers) {
      assertThat(LutDeltas.initial(Goldens.lut(layer.get("stored")), LutParameters.training(2)))
          .isEqualTo(Goldens.deltas(layer.get("deltas")));
    }
  }

  @Test
  void initialDeltasAreWithinOneUnitOfPyTorchs() {
    for (JsonNode golden : RANDOM.get("initial")) {
      LutParameters training = LutParameters.training(golden.get("maxAbs").asDouble());
      float[] expected = Goldens.floats(golden.get("deltas"));
      float[] actual = LutDeltas.initial(Goldens.lut(golden.get("lut")), training).logits();
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i])
            .as("delta %d of %s", i, golden)
            .isBetween(Math.nextDown(expected[i]), Math.nextUp(expected[i]));
      }
    }
  }

  @Test
  void initialDeltasAreZeroWhereTheStepsLeaveNothing() {
    assertThat(LutDeltas.initial(new Lut(-2, -1, 1, 2), new LutParameters(2, 1)))
        .isEqualTo(new LutDeltas(0, 0));
  }

  @Test
  void refusesWhatCannotTrain() {
    assertThatThrownBy(() -> LutDeltas.initial(new Lut(-1, 0, 1), LutParameters.training(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid LUT size: 3, expected an even one to train");
    assertThatThrownBy(() -> new LutDeltas())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid count of LUT deltas: 0, expected 1 to 16384");
  }

  @Test
  void keepsItsOwnCopyAndComparesByBits() {
    float[] logits = {0, 1};
    LutDeltas deltas = new LutDeltas(logits);
    logits[0] = 5;
    deltas.logits()[1] = 5;
    assertThat(deltas).isEqualTo(new LutDeltas(0, 1)).hasSameHashCodeAs(new LutDeltas(0, 1));
    assertThat(deltas).isNotEqualTo(new LutDeltas(-0.0f, 1)).hasToString("[0.0, 1.0]");
    assertThat(deltas.size()).isEqualTo(2);
  }
}
