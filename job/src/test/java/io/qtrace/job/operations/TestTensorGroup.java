package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestTensorGroup {
  @ParameterizedTest
  @CsvSource({
    "model.layers.0.post_attention_layernorm, norm",
    "model.norm, norm",
    "transformer.h.3.ln_1, norm",
    "transformer.ln_f, norm",
    "blocks.2.norm1, norm",
    "model.layers.0.self_attn.q_norm, head norm",
    "model.layers.0.mlp.up_proj, weight of MLP",
    "model.normalizer, weight",
    "model.lns, weight",
  })
  void normsGoByMoreThanOneName(String module, String group) {
    String name = module + ".weight";
    ArrayCheckpoint model = Layers.initial().with(name, ArrayTensor.of(new float[] {1, 2}, 2));
    assertThat(TensorGroup.of(StepOfArrays.of(model, model).tensor(name).orElseThrow()))
        .hasToString(group);
  }
}
