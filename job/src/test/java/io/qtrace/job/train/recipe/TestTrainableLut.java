package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.qtrace.lut.LutDeltas;
import io.qtrace.lut.LutParameters;
import io.qtrace.tensor.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the LUT arithmetic that audits use, which is PyTorch's bit for bit. */
class TestTrainableLut {
  @ParameterizedTest
  @ValueSource(doubles = {0.7, 2, 100})
  void tablesAndLookupAreThoseOfTheDeltas(double maxAbs) {
    Random random = new Random(20261124);
    float[][] deltas = new float[2][8];
    byte[] indices = new byte[2 * 3 * 5];
    for (int i = 0; i < 8; i++) {
      deltas[0][i] = -3 + (float) random.nextGaussian();
      deltas[1][i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) random.nextInt(16);
    }
    Engine engine = PyTorchEngine.load();
    try (NDManager manager = engine.newBaseManager(Device.cpu());
        TensorOps arithmetic = new TensorOps(engine, Forward.MATERIALIZED, Precision.FLOAT32);
        Autograd autograd = Autograd.paused()) {
      NDArray places =
          manager.create(
              ByteBuffer.wrap(indices), new ai.djl.ndarray.types.Shape(2, 3, 5), DataType.UINT8);
      NDList logits = new NDList(manager.create(deltas[0]), manager.create(deltas[1]));
      Parameter parameter = new Parameter(List.of("a", "b"), Shape.of(8), logits, true);
      TrainableLut lut = new TrainableLut(arithmetic, parameter, places, maxAbs);
      float[] tables = lut.tables().toFloatArray();
      float[] quantized = lut.quantized().toFloatArray();

      for (int layer = 0; layer < 2; layer++) {
        float[] expected =
            new LutDeltas(deltas[layer]).lut(LutParameters.training(maxAbs)).values();
        for (int i = 0; i < 16; i++) {
          assertThat(tables[layer * 16 + i]).isEqualTo(expected[i]);
        }
        for (int i = 15 * layer; i < 15 * (layer + 1); i++) {
          assertThat(quantized[i]).isEqualTo(expected[indices[i]]);
        }
      }
    }
  }
}
