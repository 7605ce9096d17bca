package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.BiFunction;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Values and gradients of both forms, far out too. */
class TestTensorOps {
  private static final Offset<Float> ROUNDING = within(1e-5f);

  @Test
  void siluIsFiniteFarOut() {
    float[] x = {-30000, -100, -88, -3, 0, 3, 88, 30000};
    for (Forward forward : Forward.values()) {
      float[][] silu =
          valueAndGradient(forward, x, new Shape(x.length), (a, array) -> a.silu(array));
      for (int i = 0; i < x.length; i++) {
        double sigmoid = 1 / (1 + Math.exp(-x[i]));
        double value = x[i] * sigmoid;
        double gradient = sigmoid + value * (1 - sigmoid);
        assertThat((double) silu[0][i]).isCloseTo(value, within(1e-6 * Math.abs(value) + 1e-30));
        assertThat((double) silu[1][i]).isCloseTo(gradient, within(2e-6));
      }
    }
  }

  @Test
  void halfIsTheNearestFloat16WithinItsRange() {
    float[] x = {1e6f, 65519, 65504, 2049, 2051, 1e-8f, -0.1f, -1e6f};
    float[][] half =
        valueAndGradient(Forward.FACTORED, x, new Shape(x.length), (a, array) -> a.half(array));

    assertThat(half[0]).containsExactly(65504, 65504, 65504, 2048, 2052, 0, -0.099975586f, -65504);
    assertThat(half[1]).containsOnly(1);
  }

  @Test
  void attentionIsThatOfSoftmax() {
    // The first position is padding: its query may attend to nothing.
    byte[] tokens = {0, 1, 1};
    Batch batch = new Batch(1, 3, 1, new int[3], tokens, new int[2], new float[2]);
    float[] scores = {5, 6, 7, 1, 100, 3, 200, 2, 4};
    for (Forward forward : Forward.values()) {
      float[][] mixed =
          valueAndGradient(
              forward,
              scores,
              new Shape(1, 3, 3),
              (arithmetic, array) -> {
                NDManager manager = array.getManager();
                NDArray values = manager.create(new float[] {10, 20, 30}, new Shape(1, 3, 1));
                return arithmetic.attention(
                    array, AttentionMask.padded(manager, batch, 1, 1), values);
              });
      double last = 1 / (1 + Math.exp(-2)); // weight of the score 4 beside 2
      float slope = (float) (10 * last * (1 - last));
      assertThat(mixed[0]).containsExactly(new float[] {0, 20, (float) (20 + 10 * last)}, ROUNDING);
      assertThat(mixed[1])
          .containsExactly(new float[] {0, 0, 0, 0, 0, 0, 0, -slope, slope}, ROUNDING);
    }
  }

  private static float[][] valueAndGradient(
      Forward forward, float[] x, Shape shape, BiFunction<TensorOps, NDArray, NDArray> function) {
    Engine engine = PyTorchEngine.load();
    try (NDManager manager = engine.newBaseManager(Device.cpu());
        TensorOps arithmetic = new TensorOps(engine, forward, Precision.FLOAT32);
        Autograd autograd = Autograd.recording()) {
      NDArray leaf = manager.create(x, shape);
      leaf.setRequiresGradient(true);
      NDArray value = function.apply(arithmetic, leaf);
      Autograd.backward(value, value.onesLike());
      return new float[][] {value.toFloatArray(), leaf.getGradient().toFloatArray()};
    }
  }
}
