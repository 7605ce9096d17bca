package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TestRequantize {
  private static final JsonNode GOLDEN = Goldens.read("requantize");
  private static final int OUT = 512;
  private static final int IN = 768;
  private static final int RANK = 32;

  @Test
  void reproducesTheIndicesOfTheTightenedFile() {
    for (var layer : Goldens.members(GOLDEN.get("layers"))) {
      JsonNode golden = layer.getValue();
      float[] weight = Goldens.floats(golden.get("weight"));
      Scales scales =
          Scales.trained(
              Goldens.floats(golden.get("a")),
              Goldens.floats(golden.get("b")),
              Goldens.floats(golden.get("magnitude")));
      Requantize requantize = new Requantize(scales, Goldens.lut(golden.get("lut")));
      assertThat(indices(requantize, weight))
          .as(layer.getKey())
          .containsExactly(Goldens.indices(golden.get("indices")));
    }
  }

  @Test
  void reproducesPyTorchOnALargerLayer() {
    Random random = new Random(29);
    float[] a = Goldens.randomFloats(random, OUT * RANK);
    float[] b = Goldens.randomFloats(random, RANK * IN);
    float[] magnitude = Goldens.randomFloats(random, RANK);
    for (int k = 0; k < RANK; k++) {
      magnitude[k] *= 8;
    }
    float[] weight = Goldens.randomFloats(random, OUT * IN);
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (weight[i] - 0.5f) * 0.5f;
    }
    JsonNode golden = GOLDEN.get("large");
    Scales scales = Scales.trained(a, b, magnitude);
    assertThat(digest(scales)).isEqualTo(golden.get("scales").asText());
    assertThat(digest(Scales.baked(a, b, magnitude))).isEqualTo(golden.get("baked").asText());

    Lut lut = Goldens.lut(GOLDEN.at("/nearest/lut"));
    ByteBuffer bytes = ByteBuffer.allocate(weight.length * Integer.BYTES);
    bytes.asIntBuffer().put(indices(new Requantize(scales, lut), weight));
    assertThat(Goldens.sha256(bytes)).isEqualTo(golden.get("indices").asText());
  }

  @Test
  void allowsANeighbourOnlyWhereRoundingDecides() {
    Scales scales = Scales.baked(new float[] {1}, new float[] {1}, new float[] {1});
    Requantize requantize = new Requantize(scales, new Lut(-2, -0.5f, 0.5f, 2));
    float middle = 1.25f;
    for (float quotient : new float[] {middle, Math.nextUp(middle), Math.nextDown(middle)}) {
      assertThat(requantize.allows(quotient, 1)).isFalse();
      assertThat(requantize.allows(quotient, 2)).isTrue();
      assertThat(requantize.allows(quotient, 3)).isTrue();
    }
    assertThat(requantize.allows(middle * (1 + 0x1p-18f), 2)).isFalse();
    assertThat(requantize.allows(middle * (1 - 0x1p-18f), 3)).isFalse();
    assertThat(requantize.allows(Float.POSITIVE_INFINITY, 3)).isTrue();
    assertThat(requantize.allows(Float.POSITIVE_INFINITY, 2)).isFalse();
    assertThat(requantize.allows(3e9f, 2)).isFalse();
    assertThat(requantize.allows(Float.NaN, 0)).isTrue();
    assertThat(requantize.allows(Float.NaN, 1)).isFalse();
  }

  @Test
  void aRankOfZerosAddsNothing() {
    Scales scales =
        Scales.trained(new float[] {3, 0, 4, 0}, new float[] {2, 0}, new float[] {5, 7});
    assertThat(scales.row(0)).containsExactly(3 / 5f * (5 + 1e-6f));
    assertThat(scales.row(1)).containsExactly(4 / 5f * (5 + 1e-6f));
  }

  @Test
  void refusesFactorsThatDoNotFit() {
    assertThatThrownBy(() -> Scales.trained(new float[6], new float[5], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid scales: 6 and 5 values, expected multiples of the rank 2");
    assertThatThrownBy(() -> Scales.baked(new float[0], new float[4], new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid scales: 0 and 4 values, expected multiples of the rank 2");
    Scales scales = Scales.baked(new float[6], new float[4], new float[2]);
    Requantize requantize = new Requantize(scales, new Lut(-1, 1));
    assertThatThrownBy(() -> requantize.indices(0, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid row of weights: 3 values, expected 2");
  }

  private static int[] indices(Requantize requantize, float[] weight) {
    int in = requantize.scales().in();
    int[] indices = new int[weight.length];
    for (int row = 0; row < requantize.scales().out(); row++) {
      float[] weights = Arrays.copyOfRange(weight, row * in, (row + 1) * in);
      System.arraycopy(requantize.indices(row, weights), 0, indices, row * in, in);
    }
    return indices;
  }

  private static String digest(Scales scales) {
    ByteBuffer[] rows = new ByteBuffer[scales.out()];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Goldens.bytes(scales.row(row));
    }
    return Goldens.sha256(rows);
  }
}
