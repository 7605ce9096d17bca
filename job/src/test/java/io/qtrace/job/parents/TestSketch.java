package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Layers;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestSketch {
  /** Many small scales, each of eight numbers. */
  private static ArrayCheckpoint model(Random random, int tensors) {
    Map<String, ArrayTensor> all = new LinkedHashMap<>();
    for (int i = 0; i < tensors; i++) {
      float[] values = new float[8];
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) random.nextGaussian();
      }
      all.put("model.layers.%d.rank_magnitude".formatted(i), ArrayTensor.of(values, 8));
    }
    return new ArrayCheckpoint(all);
  }

  private static ArrayCheckpoint moved(ArrayCheckpoint model, Random random, double far) {
    return model.map(
        tensor ->
            new ArrayTensor(
                tensor.dtype(),
                tensor.shape(),
                Arrays.stream(tensor.values())
                    .map(value -> value + far * random.nextGaussian())
                    .toArray()));
  }

  private static Sketch sketch(ArrayCheckpoint model) {
    return Sketch.of(model.facts());
  }

  private static int shared(Sketch one, Sketch other) {
    Set<Long> keys = new HashSet<>(one.keys());
    keys.retainAll(other.keys());
    return keys.size();
  }

  @Test
  void equalContentGivesAnEqualSketch() {
    Sketch sketch = sketch(Layers.trained(Layers.initial(), 61));
    assertThat(sketch(Layers.trained(Layers.initial(), 61)))
        .isEqualTo(sketch)
        .hasSameHashCodeAs(sketch);
    assertThat(sketch.content()).matches("[0-9a-f]{32}");
    assertThat(sketch.tensors()).isEqualTo(27);
    assertThat(sketch.keys()).hasSize(6 + Sketch.SAMPLES);
  }

  @Test
  void theOrderOfTensorsDoesNotMatter() {
    ArrayCheckpoint model = Layers.trained(Layers.initial(), 62);
    Random random = new Random(7);
    for (int round = 0; round < 5; round++) {
      List<String> names = new ArrayList<>(model.tensors().keySet());
      Collections.shuffle(names, random);
      Map<String, ArrayTensor> shuffled = new LinkedHashMap<>();
      names.forEach(name -> shuffled.put(name, model.tensor(name)));
      assertThat(sketch(new ArrayCheckpoint(shuffled))).isEqualTo(sketch(model));
    }
  }

  @Test
  void anyChangeOfATensorIsAnotherContent() {
    ArrayCheckpoint model = Layers.initial();
    String weight = Layers.MLP.weight();
    Set<String> contents = new HashSet<>();
    for (ArrayCheckpoint other :
        List.of(
            model,
            model.damaged(weight, 17),
            model.with(weight, model.tensor(weight).as(DType.FLOAT16)),
            model.with(weight, ArrayTensor.of(model.tensor(weight).floats(), 8, 16)),
            model.without(weight),
            model.without(weight).with("other.weight", model.tensor(weight)))) {
      contents.add(sketch(other).content());
    }
    assertThat(contents).hasSize(6);
  }

  @Test
  void oneChangedTensorKeepsMostKeys() {
    Sketch sketch = sketch(Layers.initial());
    for (String tensor :
        List.of(Layers.MLP.weight(), Layers.NORM, Layers.MLP.quantized(), Layers.SMALL.lut())) {
      Sketch other = sketch(Layers.initial().damaged(tensor, 1));
      assertThat(shared(sketch, other))
          .as(tensor)
          .isBetween((sketch.keys().size() + 1) / 2, sketch.keys().size() - 1);
    }
  }

  @Test
  void unrelatedCheckpointsShareNoKey() {
    Sketch one = sketch(model(new Random(1), 50));
    Sketch other = sketch(model(new Random(2), 50));
    assertThat(shared(one, other)).isZero();
  }

  @Test
  void categoriesThatDidNotChangeShareTheirKey() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained = Layers.trainedScales(initial, 63);
    Set<Long> categories = new HashSet<>(sketch(initial).keys().subList(0, 5));
    categories.retainAll(sketch(trained).keys());
    assertThat(categories).hasSize(4); // all but the scales
  }

  @Test
  void distancesOfProjectionsAreAboutThoseOfTheNumbers() {
    Random random = new Random(20261125);
    double sum = 0;
    int rounds = 100;
    for (int round = 0; round < rounds; round++) {
      ArrayCheckpoint model = model(random, 40);
      ArrayCheckpoint other = moved(model, random, round % 2 == 0 ? 1e-3 : 0.5);
      double ratio = Math.sqrt(sketch(model).roughly(sketch(other))) / distance(model, other);
      assertThat(ratio).as("round %d", round).isBetween(0.6, 1.6);
      sum += ratio;
    }
    assertThat(sum / rounds).isBetween(0.9, 1.1);
  }

  // As training drifts: numbers that go one way together must not add up in a dimension.
  @Test
  void aCommonDriftOfAllMagnitudesIsNotExaggerated() {
    Map<String, ArrayTensor> all = new LinkedHashMap<>();
    for (int layer = 0; layer < 28; layer++) {
      for (String module :
          List.of(
              "self_attn.q_proj",
              "self_attn.k_proj",
              "self_attn.v_proj",
              "self_attn.o_proj",
              "mlp.gate_proj",
              "mlp.up_proj",
              "mlp.down_proj")) {
        all.put(
            "model.layers.%d.%s.rank_magnitude".formatted(layer, module),
            ArrayTensor.of(new float[32], 32));
      }
    }
    ArrayCheckpoint model = new ArrayCheckpoint(all);
    ArrayCheckpoint drifted =
        model.map(
            tensor -> {
              double[] values = new double[32];
              Arrays.fill(values, 0.25);
              return new ArrayTensor(DType.FLOAT32, tensor.shape(), values);
            });
    double ratio = Math.sqrt(sketch(model).roughly(sketch(drifted))) / distance(model, drifted);
    assertThat(ratio).isBetween(0.5, 2.0);
  }

  private static double distance(ArrayCheckpoint one, ArrayCheckpoint other) {
    return Node.of(one.facts()).numbers().distance(Node.of(other.facts()).numbers());
  }

  @Test
  void theDistanceOfTheNumbersIsEuclidean() {
    ArrayCheckpoint one =
        new ArrayCheckpoint(
            Map.of(
                "a.rank_magnitude", ArrayTensor.of(new float[] {1, 2}, 2),
                "b.rank_magnitude", ArrayTensor.of(new float[] {0}, 1)));
    ArrayCheckpoint other =
        one.with("a.rank_magnitude", ArrayTensor.of(new float[] {3, 2}, 2))
            .with("b.rank_magnitude", ArrayTensor.of(new float[] {1.5f}, 1))
            .with("c.rank_magnitude", ArrayTensor.of(new float[] {100}, 1)); // of one alone
    assertThat(distance(one, other)).isEqualTo(2.5);
  }

  @Test
  void isZeroBetweenCheckpointsWhoseMovingNumbersAreTheSame() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint other =
        initial
            .with(Layers.MLP.quantized(), 3, 0.3125)
            .with(Layers.MLP.indices(), 3, 1); // neither trains
    assertThat(sketch(initial).roughly(sketch(other))).isZero();
    assertThat(sketch(initial).content()).isNotEqualTo(sketch(other).content());
  }

  @Test
  void trainedMeasuresTheDistanceFromTheStoredLut() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained = Layers.trained(initial, 64);
    assertThat(sketch(initial).trained()).isZero();
    assertThat(sketch(trained).trained()).isPositive();
    assertThat(sketch(Layers.trained(trained, 65)).trained())
        .isNotEqualTo(sketch(trained).trained());
    assertThat(sketch(Layers.baked(trained)).trained()).isZero();
  }

  @Test
  void ignoresNonFiniteNumbersInTheProjection() {
    ArrayCheckpoint model =
        model(new Random(3), 5)
            .with(
                "odd.scale_A",
                ArrayTensor.of(
                    new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}, 3));
    for (float number : sketch(model).projection()) {
      assertThat(number).isFinite();
    }
  }

  @Test
  void anEmptyCheckpointHasASketch() {
    Sketch sketch = Sketch.of(CheckpointFacts.of(Map.of(), Map.of()));
    assertThat(sketch.keys()).isEmpty();
    assertThat(sketch.projection()).containsOnly(0);
    assertThat(sketch.tensors()).isZero();
  }

  @Test
  void aProjectionOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> new Sketch("c", List.of(), new float[63], 0, 1, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid projection: 63 numbers, expected 64");
  }
}
