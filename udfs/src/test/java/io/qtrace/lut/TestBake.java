package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.qtrace.tensor.Float16;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestBake {
  private static final JsonNode ARCHIVE = Goldens.read("archive");
  private static final JsonNode RANDOM = Goldens.read("random");
  private static final JsonNode STEP_200 =
      ARCHIVE.at("/checkpoints/srLUT-004_all_alpaca_M2p0_lr1e5_from_best~1checkpoint_step200.pt");
  private static final double[] MAX_ABS = {2, 1, 0.5, 1.5, 3, 6, 0.3, 0.02, 0.1, 100};

  private static Bake bake(JsonNode layer) {
    return Bake.recipe(Goldens.deltas(layer.get("deltas")), Goldens.lut(layer.get("stored")), 2.0);
  }

  @Test
  void reproducesTheTablesOfTheBakedFile() {
    JsonNode baked = ARCHIVE.get("bakedFile");
    assertThat(baked).hasSize(14);
    for (var layer : Goldens.members(baked)) {
      assertThat(bake(STEP_200.get(layer.getKey())).lut())
          .as(layer.getKey())
          .isEqualTo(Goldens.lut(layer.getValue().get("lut")));
    }
  }

  @Test
  void reproducesTheQOfTheBakedFile() {
    for (var layer : Goldens.members(ARCHIVE.get("bakedFile"))) {
      Lut lut = bake(STEP_200.get(layer.getKey())).lut();
      int[] indices = Goldens.indices(layer.getValue().get("indices"));
      float[] q = new float[indices.length];
      for (int i = 0; i < q.length; i++) {
        q[i] = lut.value(indices[i]);
      }
      assertThat(Goldens.sha256(Goldens.bytes(q)))
          .as(layer.getKey())
          .isEqualTo(layer.getValue().get("q").asText());
    }
  }

  @Test
  void driftsFromTheTableThatTrainingUsed() {
    float largest = 0;
    for (JsonNode layer : STEP_200) {
      assertThat(bake(layer).trained()).isEqualTo(Goldens.lut(layer.get("effective")));
      largest = Math.max(largest, bake(layer).drift());
    }
    assertThat((double) largest).isEqualTo(0.00634765625);
  }

  @Test
  void exactBakeHasNoDrift() {
    for (JsonNode layer : STEP_200) {
      Bake exact = Bake.exact(Goldens.deltas(layer.get("deltas")), 2.0);
      assertThat(exact.lut()).isEqualTo(Goldens.lut(layer.get("effective")));
      assertThat(exact.drift()).isZero();
    }
  }

  @Test
  void bakesEveryCheckpointOfTheArchiveAsPyTorch() {
    for (var checkpoint : Goldens.members(ARCHIVE.get("checkpoints"))) {
      for (var layer : Goldens.members(checkpoint.getValue())) {
        assertThat(bake(layer.getValue()).lut())
            .as("%s %s", checkpoint.getKey(), layer.getKey())
            .isEqualTo(Goldens.lut(layer.getValue().get("baked")));
      }
    }
  }

  @Test
  void bakesRandomDeltasAsPyTorch() {
    for (JsonNode vector : RANDOM.get("vectors")) {
      Lut stored = Goldens.lut(vector.get("stored"));
      assertThat(Bake.recipe(Goldens.deltas(vector.get("deltas")), stored, 2).lut())
          .as("stored %s, deltas %s", stored, vector.get("deltas"))
          .isEqualTo(Goldens.lut(vector.get("baked")));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void bakesTenThousandRandomDeltasAsPyTorch(int size) {
    Random random = new Random(size);
    ByteBuffer[] tables = new ByteBuffer[10_000];
    for (int i = 0; i < tables.length; i++) {
      float max = Float16.round((float) MAX_ABS[i % MAX_ABS.length]);
      LutDeltas deltas = TestLutDeltas.randomDeltas(random, size);
      tables[i] = Goldens.bytes(Bake.recipe(deltas, new Lut(-max, max), max).lut().values());
    }
    assertThat(Goldens.sha256(tables)).isEqualTo(RANDOM.at("/digests/" + size + "/baked").asText());
  }

  @Test
  void repairsCrowdedHalvesAsPyTorch() {
    for (JsonNode golden : RANDOM.get("repairs")) {
      float[] half = Goldens.floats(golden.get("half"));
      Bake.repair(half, (float) golden.get("maxAbs").asDouble());
      assertThat(half)
          .as("M %s, half %s", golden.get("maxAbs"), golden.get("half"))
          .containsExactly(Goldens.floats(golden.get("repaired")));
    }
  }

  @Test
  void repairBeginsAboveZero() {
    float[] half = {0, 0, 0.5f, 1};
    Bake.repair(half, 1);
    assertThat(half).startsWith(Float16.round(1e-4f), Float16.nextUp(Float16.round(1e-4f)));
  }

  @Test
  void repairMakesEveryTableValid() {
    Random random = new Random(31);
    for (int i = 0; i < 1000; i++) {
      float[] half = Goldens.randomFloats(random, 8);
      Bake.repair(half, 1);
      Lut lut = Lut.mirrored(half);
      assertThat(lut.firstNotRising()).as("%s", lut).isEmpty();
      assertThat(lut.firstAsymmetric()).as("%s", lut).isEmpty();
      assertThat(lut.firstNotFloat16()).as("%s", lut).isEmpty();
      assertThat(lut.maxAbs()).isEqualTo(1);
    }
  }
}
