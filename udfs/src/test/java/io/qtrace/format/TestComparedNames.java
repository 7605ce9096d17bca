package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import org.junit.jupiter.api.Test;

class TestComparedNames {
  @Test
  void namesOfADecoderAreThoseOfTheWholeModel() {
    CheckpointIndex named =
        ComparedNames.of(
            index(
                "layers.0.self_attn.q_proj._Q",
                "layers.11.mlp.up_proj.lora_A",
                "layers.0.input_layernorm.weight",
                "embed_tokens.weight",
                "norm.weight",
                "lm_head.weight"));
    assertThat(names(named.tensors()))
        .containsExactly(
            "model.layers.0.self_attn.q_proj._Q",
            "model.layers.11.mlp.up_proj.lora_A",
            "model.layers.0.input_layernorm.weight",
            "model.embed_tokens.weight",
            "model.norm.weight",
            "lm_head.weight");
    assertThat(named.skipped())
        .containsExactly(
            new Skipped("model.layers.0.mlp.up_proj._indices", "sparse"),
            new Skipped("optimizer", "no tensor"));
    assertThat(named.notes())
        .containsExactly("names of a decoder without its head are compared with the prefix model.");
  }

  @Test
  void namesOfItsMovingAverageFollow() {
    CheckpointIndex index = index("layers.0.mlp.up_proj.weight");
    CheckpointIndex named =
        ComparedNames.of(index.with(new Shadow("ema", List.copyOf(index.tensors()))));
    assertThat(names(named.all()))
        .containsExactly(
            "model.layers.0.mlp.up_proj.weight", "ema:model.layers.0.mlp.up_proj.weight");
  }

  @Test
  void namesOfFactorsAreThoseOfTheRecipe() {
    assertThat(
            names(
                ComparedNames.of(
                        index(
                            "model.layers.0.mlp.up_proj.lora_A.weight",
                            "model.layers.0.mlp.up_proj.lora_B.default.weight"))
                    .tensors()))
        .containsExactly("model.layers.0.mlp.up_proj.lora_A", "model.layers.0.mlp.up_proj.lora_B");
    assertThat(names(ComparedNames.of(index("layers.0.mlp.up_proj.lora_A.weight")).tensors()))
        .containsExactly("model.layers.0.mlp.up_proj.lora_A");
    CheckpointIndex twice = index("a.lora_A.weight", "a.lora_A.default.weight");
    assertThat(ComparedNames.of(twice)).isSameAs(twice);
  }

  @Test
  void namesOfOtherModelsStay() {
    for (CheckpointIndex index :
        List.of(
            index("model.layers.0.self_attn.q_proj._Q", "layers.0.self_attn.q_proj._Q"),
            index("layers.0.weight", "norm.weight"),
            index("layers.0.self_attn.q_proj._Q", "classifier.weight"),
            index("layers.x.self_attn.q_proj._Q"),
            index())) {
      assertThat(ComparedNames.of(index)).isSameAs(index);
    }
  }

  private static List<String> names(List<TensorEntry> tensors) {
    return tensors.stream().map(TensorEntry::name).toList();
  }

  private static CheckpointIndex index(String... names) {
    return NamedIndexes.of(
        List.of(
            new Skipped("layers.0.mlp.up_proj._indices", "sparse"),
            new Skipped("optimizer", "no tensor")),
        names);
  }
}
