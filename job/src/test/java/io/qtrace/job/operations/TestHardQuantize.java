package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.LearnedLevelsCheck.Levels;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestHardQuantize {
  private static final List<String> LAYERS = List.of("up_proj.", "gate_proj.", "down_proj.");
  private static final int SIZE = 8; // rows and columns
  private static final float FACTOR = 0.5413f;
  private static final int BITS = 2;

  @TempDir Path folder;

  @Test
  void weightsThatHappenToBeSymmetricAreExplainedToo() throws IOException {
    ArrayCheckpoint trained = new ArrayCheckpoint(Map.of());
    Random random = new Random(20261127);
    for (String layer : LAYERS) {
      float[] weight = Layers.gaussian(random, SIZE * SIZE, 1);
      trained =
          trained
              .with(layer + "weight", ArrayTensor.of(weight, SIZE, SIZE))
              .with(
                  layer + "_f_param",
                  new ArrayTensor(DType.FLOAT32, Shape.of(), new double[] {FACTOR}))
              .with(
                  layer + "_qat_nbits",
                  new ArrayTensor(DType.INT16, Shape.of(), new double[] {BITS}));
    }
    trained = trained.with("up_proj.weight", 0, 4).with("up_proj.weight", 1, -4);
    ArrayCheckpoint leveled = trained;
    for (String layer : LAYERS) {
      leveled = leveled.with(layer + "weight", leveled(trained.tensor(layer + "weight")));
    }
    Classifier.Outcome found =
        new Classifier(Operations.KNOWN).classify(new ArrayFiles(folder).step(trained, leveled));
    assertThat(found.kind()).isEqualTo(HardQuantize.KIND);
    assertThat(found.unexplained()).isZero();
  }

  private static ArrayTensor leveled(ArrayTensor weight) {
    double largest = Arrays.stream(weight.values()).map(Math::abs).max().orElseThrow();
    Levels levels = Levels.of(FACTOR, largest, BITS, 2);
    float[] values = weight.floats();
    for (int i = 0; i < values.length; i++) {
      double level = Math.rint(values[i] / levels.scale() + 0.5f);
      double inside = Math.max(levels.least(), Math.min(levels.most(), level));
      values[i] = ((float) inside - 0.5f) * levels.scale();
    }
    return ArrayTensor.of(values, SIZE, SIZE);
  }
}
