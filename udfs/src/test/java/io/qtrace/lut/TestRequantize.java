package io.qtrace.lut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
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
    Lut lut = new Lut(-2, -0.5f, 0.5f, 2);
    float middle = 1.25f;
    for (float quotient : new float[] {middle, Math.nextUp(middle), Math.nextDown(middle)}) {
      assertThat(allowed(lut, quotient)).containsExactly(2, 3);
    }
    assertThat(allowed(lut, middle * (1 + 0x1p-18f))).containsExactly(3);
    assertThat(allowed(lut, middle * (1 - 0x1p-18f))).containsExactly(2);
    assertThat(allowed(lut, Float.POSITIVE_INFINITY)).containsExactly(3);
    assertThat(allowed(lut, 3e9f)).containsExactly(3);
    assertThat(allowed(lut, Float.NaN)).containsExactly(0);
  }

  @Test
  void allowsAnyIndexWhereRoundingDecidesTheSignOfAScale() {
    float[] cancelling = {1, 1};
    Scales scales = Scales.baked(cancelling, new float[] {1, -1}, new float[] {1, 1});
    Requantize.Row row = new Requantize(scales, new Lut(-2, -0.5f, 0.5f, 2)).row(0, cancelling(1));
    assertThat(IntStream.range(-1, 5).filter(index -> row.allows(0, index)))
        .containsExactly(0, 1, 2, 3);
    Scales apart = Scales.baked(cancelling, new float[] {1, -0.99f}, new float[] {1, 1});
    Requantize.Row clear =
        new Requantize(apart, new Lut(-2, -0.5f, 0.5f, 2)).row(0, cancelling(0.02f));
    assertThat(IntStream.range(-1, 5).filter(index -> clear.allows(0, index))).containsExactly(3);
  }

  @Test
  void givesWhatToolsGiveThatDivideByNoLessThanTenThousandths() {
    Lut lut = new Lut(-2, -0.5f, 0.5f, 2);
    for (float sign : new float[] {1, -1}) {
      Scales least = Scales.baked(new float[] {1e-5f * sign}, new float[] {1}, new float[] {1});
      Requantize.Row row = new Requantize(least, lut).row(0, new float[] {3e-5f});
      assertThat(row.index(0)).isEqualTo(sign > 0 ? 3 : 0);
      assertThat(IntStream.range(-1, 5).filter(index -> row.gives(0, index)).boxed())
          .isEqualTo(sign > 0 ? List.of(2, 3) : List.of(0, 1, 2));
    }
    Scales more = Scales.baked(new float[] {1.1e-4f}, new float[] {1}, new float[] {1});
    Requantize.Row row = new Requantize(more, lut).row(0, new float[] {1.3e-4f});
    assertThat(IntStream.range(-1, 5).filter(index -> row.gives(0, index))).containsExactly(2);
  }

  private static float[] cancelling(float weight) {
    return new float[] {weight};
  }

  // Indices that are allowed for a quotient: of a weight and a scale of one.
  private static IntStream allowed(Lut lut, float quotient) {
    Scales one = Scales.baked(new float[] {1}, new float[] {1}, new float[] {1});
    Requantize.Row row = new Requantize(one, lut).row(0, new float[] {quotient});
    return IntStream.range(-1, lut.size() + 1).filter(index -> row.allows(0, index));
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
    assertThatThrownBy(() -> requantize.row(0, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid row of weights: 3 values, expected 2");
  }

  private static int[] indices(Requantize requantize, float[] weight) {
    int in = requantize.scales().in();
    int[] indices = new int[weight.length];
    for (int row = 0; row < requantize.scales().out(); row++) {
      float[] weights = Arrays.copyOfRange(weight, row * in, (row + 1) * in);
      Requantize.Row quotients = requantize.row(row, weights);
      for (int i = 0; i < in; i++) {
        indices[row * in + i] = quotients.index(i);
        assertThat(quotients.allows(i, quotients.index(i))).isTrue();
      }
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
