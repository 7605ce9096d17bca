package io.qtrace.job.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.parents.Evaluation.Taken;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestTakenTensors {
  private static final Classifier CLASSIFIER = new Classifier(Operations.KNOWN);
  private static final long FIRST_SEED = 20261127;
  private static final int RUNS = 50;

  private static final List<LayerNames> MLP = List.of(Layers.MLP, Layers.SMALL); // one group

  private static Taken taken(
      List<ArrayCheckpoint> parents, ArrayCheckpoint child, ArrayCheckpoint other) {
    return TakenTensors.of(
        parents.stream().map(TestTakenTensors::node).toList(),
        node(child),
        node(other),
        CLASSIFIER);
  }

  private static Node node(ArrayCheckpoint checkpoint) {
    return Node.of(checkpoint.facts());
  }

  private static ArrayCheckpoint with(
      ArrayCheckpoint child, List<String> tensors, ArrayCheckpoint other) {
    ArrayCheckpoint mixed = child;
    for (String tensor : tensors) {
      mixed = mixed.with(tensor, other.tensor(tensor));
    }
    return mixed;
  }

  private static Stream<String> scales(LayerNames layer) {
    return Stream.of(layer.scaleA(), layer.scaleB(), layer.magnitude());
  }

  @Test
  void factorsOfALayerOfAnotherRunAreFound() {
    ArrayCheckpoint initial = Layers.initial();
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      Random random = new Random(seed);
      ArrayCheckpoint other = Layers.trainedScales(initial, random.nextLong());
      ArrayCheckpoint parent = Layers.trainedScales(initial, random.nextLong());
      ArrayCheckpoint child = Layers.trainedScales(parent, random.nextLong());
      assertThat(taken(List.of(parent, initial), child, other).tensors())
          .as("run %d", seed)
          .isEmpty();
      LayerNames layer = MLP.get(random.nextInt(MLP.size()));
      List<String> factors = new ArrayList<>(List.of(layer.scaleA(), layer.scaleB()));
      Collections.shuffle(factors, random);
      List<String> some = factors.subList(0, 1 + random.nextInt(2));
      Taken found = taken(List.of(parent, initial), with(child, some, other), other);
      assertThat(found.tensors()).as("run %d", seed).containsExactlyInAnyOrderElementsOf(some);
    }
  }

  @Test
  void whatTheParentHasIsNotTaken() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint other = with(Layers.trained(parent, 1), List.of(Layers.MLP.scaleA()), parent);
    ArrayCheckpoint child = with(Layers.trained(parent, 2), List.of(Layers.MLP.scaleA()), parent);
    assertThat(taken(List.of(parent), child, other)).isEqualTo(Taken.NOTHING);
  }

  // As of two runs that train only attention, from a checkpoint that is missing.
  @Test
  void wholeGroupsAreNotTaken() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint other = Layers.trainedScales(parent, 1);
    List<String> mlp = MLP.stream().flatMap(TestTakenTensors::scales).toList();
    ArrayCheckpoint child = with(Layers.trainedScales(parent, 2), mlp, other);
    assertThat(taken(List.of(parent), child, other)).isEqualTo(Taken.NOTHING);
  }

  // Two runs that freeze their magnitudes round the same numbers.
  @Test
  void magnitudesThatWereRoundedToFloat16AreNotTaken() {
    ArrayCheckpoint parent = Layers.initial();
    for (LayerNames layer : MLP) {
      float[] values = {1.2345f, 2.3456f, 0.1234f, 3.4567f};
      parent = parent.with(layer.magnitude(), ArrayTensor.of(values, values.length));
    }
    String magnitude = Layers.MLP.magnitude();
    ArrayTensor rounded =
        ArrayTensor.of(
            parent.tensor(magnitude).as(DType.FLOAT16).floats(),
            parent.tensor(magnitude).values().length);
    ArrayCheckpoint other = Layers.trainedScales(parent, 1).with(magnitude, rounded);
    ArrayCheckpoint child = Layers.trainedScales(parent, 2).with(magnitude, rounded);
    assertThat(taken(List.of(parent), child, other)).isEqualTo(Taken.NOTHING);
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "40, 2"})
  void halvesOfWhichFewElementsMoveMayComeOutAlike(int moves, int taken) {
    List<String> factors =
        MLP.stream().flatMap(layer -> Stream.of(layer.scaleA(), layer.scaleB())).toList();
    ArrayCheckpoint parent = Layers.initial();
    Random random = new Random(FIRST_SEED);
    for (String factor : factors) {
      double[] halves = random.ints(64, 1024, 2048).mapToDouble(one -> one / 2048.0).toArray();
      parent = parent.with(factor, new ArrayTensor(DType.FLOAT16, Shape.of(8, 8), halves));
    }
    ArrayCheckpoint other = moved(parent, factors, moves, random);
    List<String> layer = List.of(Layers.MLP.scaleA(), Layers.MLP.scaleB());
    ArrayCheckpoint child = with(moved(parent, factors, moves, random), layer, other);
    assertThat(taken(List.of(parent), child, other).tensors()).hasSize(taken);
  }

  private static ArrayCheckpoint moved(
      ArrayCheckpoint from, List<String> tensors, int moves, Random random) {
    ArrayCheckpoint moved = from;
    for (String tensor : tensors) {
      double[] values = from.tensor(tensor).values().clone();
      random.ints(0, values.length).distinct().limit(moves).forEach(i -> values[i] += 0x1p-11);
      moved = moved.with(tensor, new ArrayTensor(DType.FLOAT16, Shape.of(8, 8), values));
    }
    return moved;
  }

  // The first step of Adam moves each element by the rate, up or down.
  @Test
  void fewElementsThatMovedByTheRateMayComeOutAlike() {
    ArrayCheckpoint parent = Layers.initial();
    String magnitude = Layers.MLP.magnitude();
    double[] values = parent.tensor(magnitude).values();
    ArrayTensor moved =
        new ArrayTensor(
            DType.FLOAT32,
            parent.tensor(magnitude).shape(),
            new double[] {values[0] + 0.125, values[1] - 0.125});
    ArrayCheckpoint other = Layers.trainedScales(parent, 1).with(magnitude, moved);
    ArrayCheckpoint child = Layers.trainedScales(parent, 2).with(magnitude, moved);
    assertThat(taken(List.of(parent), child, other)).isEqualTo(Taken.NOTHING);
  }

  // As of the same seed on another device.
  @Test
  void runsThatNearlyAgreeHaveTensorsThatAgree() {
    ArrayCheckpoint parent = Layers.initial();
    ArrayCheckpoint other = Layers.trainedScales(parent, 1);
    ArrayCheckpoint child = other;
    for (LayerNames layer : List.of(Layers.ATTENTION, Layers.MLP)) {
      for (String scale : scales(layer).toList()) {
        child = child.nudged(scale, 0);
      }
    }
    assertThat(taken(List.of(parent), child, other)).isEqualTo(Taken.NOTHING);
  }

  @Test
  void movesOfAnotherSizeAreStrange() {
    ArrayCheckpoint parent = Layers.initial();
    List<String> one = List.of(Layers.MLP.scaleA());
    ArrayCheckpoint near = Layers.trainedScales(parent, 1);
    ArrayCheckpoint far = near;
    for (long seed = 3; seed < 9; seed++) {
      far = Layers.trainedScales(far, seed);
    }
    ArrayCheckpoint child = Layers.trainedScales(parent, 2);
    double deviation = taken(List.of(parent), with(child, one, far), far).deviation();
    assertThat(deviation)
        .isGreaterThan(taken(List.of(parent), with(child, one, near), near).deviation());
    assertThat(deviation).isGreaterThan(Math.log(3));
  }

  @Test
  void aRootHasNothingOfACheckpointButOfAnotherModel() {
    ArrayCheckpoint root = Layers.initial();
    assertThat(taken(List.of(), root, Layers.trained(root, 1))).isEqualTo(Taken.NOTHING);
    ArrayCheckpoint another = root;
    Random random = new Random(FIRST_SEED);
    for (LayerNames layer : Layers.ALL) {
      for (String name : List.of(layer.weight(), layer.scaleA(), layer.scaleB())) {
        ArrayTensor tensor = root.tensor(name);
        double[] values = random.doubles(tensor.values().length, -1, 1).toArray();
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) values[i];
        }
        another = another.with(name, new ArrayTensor(tensor.dtype(), tensor.shape(), values));
      }
    }
    assertThat(taken(List.of(), root, another)).isEqualTo(Taken.NOTHING);
    List<String> layer = List.of(Layers.MLP.weight(), Layers.MLP.scaleA());
    assertThat(taken(List.of(), with(root, layer, another), another).tensors())
        .containsExactlyInAnyOrderElementsOf(layer);
  }
}
