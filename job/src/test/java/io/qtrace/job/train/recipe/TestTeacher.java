package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.qtrace.tensor.Shape;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The float model against the logits and hidden states of Transformers. */
class TestTeacher {
  @Test
  void logitsAndHiddenStatesAreThoseOfTransformers() throws Exception {
    Map<String, HostTensor> golden = Goldens.read(Goldens.file("base_logits.pt"));
    int examples = golden.get("input_ids").shape().sizes().get(0).intValue();
    int length = golden.get("input_ids").shape().sizes().get(1).intValue();
    Engine engine = PyTorchEngine.load();
    ModelConfig config = Goldens.config();
    Recipe recipe = Runs.debug().recipe(Forward.FACTORED, Precision.FLOAT32);
    try (NDManager manager = engine.newBaseManager(Device.cpu());
        TensorOps arithmetic = new TensorOps(engine, Forward.FACTORED, Precision.FLOAT32);
        Autograd autograd = Autograd.paused()) {
      ModelTensors tensors = new ModelTensors(Goldens.teacher(), manager);
      Qwen3 model = new Qwen3(config, arithmetic, manager, tensors);
      StudentLayers layers = new StudentLayers(config, recipe, arithmetic, tensors);
      Batch batch = tokens(golden.get("input_ids"), examples, length);
      NDArray hidden = model.hidden(batch, layers.pass(layers.operands()));
      NDArray logits = arithmetic.linear(hidden, model.head());

      assertThat(Goldens.maxDifference(host(hidden), golden.get("last_hidden_state")))
          .isLessThan(1e-4);
      assertThat(Goldens.maxDifference(host(logits), golden.get("logits"))).isLessThan(1e-4);
    }
  }

  private static HostTensor host(NDArray array) {
    return HostTensor.of(Shape.of(array.size()), array.toFloatArray());
  }

  private static Batch tokens(HostTensor ids, int examples, int length) {
    int[] tokens = new int[examples * length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = (int) ids.bytes().getLong(i * Long.BYTES);
    }
    byte[] mask = new byte[tokens.length];
    Arrays.fill(mask, (byte) 1);
    int targets = examples * (length - 1);
    return new Batch(examples, length, 1, tokens, mask, new int[targets], new float[targets]);
  }
}
