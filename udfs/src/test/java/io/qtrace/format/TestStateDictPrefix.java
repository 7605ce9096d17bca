package io.qtrace.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestStateDictPrefix {
  @Test
  void keepsTheModelAndListsTheRestAsSkipped() {
    CheckpointIndex index =
        StateDictPrefix.unwrapped(
            index("model_state_dict.a.weight", "optimizer.exp_avg", "model_state_dict.b"));

    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("a.weight", "b");
    assertThat(index.skipped())
        .containsExactly(
            new Skipped("optimizer.exp_avg", "outside model_state_dict"),
            new Skipped("s", "sparse"));
  }

  @Test
  void prefersModelStateDictToStateDict() {
    CheckpointIndex index =
        StateDictPrefix.unwrapped(index("state_dict.a", "model_state_dict.a", "x"));

    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("a");
    assertThat(index.skipped()).extracting(Skipped::name).containsExactly("state_dict.a", "x", "s");
  }

  @Test
  void unwrapsStateDictOnce() {
    CheckpointIndex index = StateDictPrefix.unwrapped(index("state_dict.state_dict.a", "epoch"));

    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("state_dict.a");
    assertThat(index.skipped()).contains(new Skipped("epoch", "outside state_dict"));
  }

  @Test
  void leavesABareStateDictAsItIs() {
    CheckpointIndex index = index("a.weight", "model_state_dictionary.b", "x.state_dict.c");

    assertThat(StateDictPrefix.unwrapped(index)).isSameAs(index);
  }

  @Test
  void unwrapsWhatTrainingWrapsAroundTheModel() {
    CheckpointIndex index =
        StateDictPrefix.unwrapped(
            index("model_state_dict.module._orig_mod.a", "model_state_dict.module._orig_mod.b"));
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("a", "b");
    assertThat(StateDictPrefix.unwrapped(index("_orig_mod.module.a")).tensors())
        .extracting(TensorEntry::name)
        .containsExactly("a");
  }

  @Test
  void extractsTheModelFromAFullTrainingCheckpoint() {
    CheckpointIndex index =
        StateDictPrefix.unwrapped(index("model.model.norm.weight", "optimizer.step", "ema.norm"));
    assertThat(index.tensors()).extracting(TensorEntry::name).containsExactly("model.norm.weight");
    assertThat(StateDictPrefix.unwrapped(index("model.a", "ema.a")).tensors())
        .extracting(TensorEntry::name)
        .containsExactly("a");
    // So are the names of a model of Hugging Face's.
    CheckpointIndex model = index("model.norm.weight", "model.embed_tokens.weight");
    assertThat(StateDictPrefix.unwrapped(model)).isSameAs(model);
  }

  @Test
  void aMovingAverageInTheFileIsItsShadow() {
    CheckpointIndex index =
        StateDictPrefix.unwrapped(
            index("model.model.norm.weight", "model.b", "ema.module.b", "optimizer.b", "ema.step"));
    CheckpointIndex.Shadow shadow = index.shadow().orElseThrow();
    assertThat(shadow.section()).isEqualTo("ema.module");
    assertThat(shadow.tensors()).extracting(TensorEntry::name).containsExactly("b");
    assertThat(shadow.named()).extracting(TensorEntry::name).containsExactly("ema.module:b");
    assertThat(index.tensors()).extracting(TensorEntry::name).doesNotContain("ema.module:b");
    // Named as what is not compared, too.
    assertThat(index.skipped()).extracting(Skipped::name).contains("ema.module.b", "optimizer.b");
    assertThat(StateDictPrefix.unwrapped(index("state_dict.a", "teacher.a")).shadow()).isEmpty();
    // A tensor that has the name of a copy would stand for it.
    assertThat(
            StateDictPrefix.unwrapped(index("state_dict.a", "state_dict.ema:a", "ema.a")).shadow())
        .isEmpty();
  }

  @Test
  void unwrapsModulesWithin() {
    assertThat(names("0._orig_mod.weight", "1.weight")).containsExactly("0.weight", "1.weight");
    assertThat(names("_fsdp_wrapped_module.a._fsdp_wrapped_module.b")).containsExactly("a.b");
    assertThat(names("base_model.model.model.q.base_layer._Q", "base_model.model.model.q.lora_A"))
        .containsExactly("q._Q", "q.lora_A");
    // Two names would be one.
    assertThat(names("a._orig_mod.b", "a.b")).containsExactly("a._orig_mod.b", "a.b");
  }

  @Test
  void unwrapsAnAveragedModelWithItsCounter() {
    assertThat(names("n_averaged", "module.a", "module.b")).containsExactly("a", "b");
  }

  @Test
  void unwrapsAKeyModelThatNoModelOfHuggingFaceHas() {
    assertThat(names("model.module.0.weight", "model.module.0.bias"))
        .containsExactly("0.weight", "0.bias");
    assertThat(names("model._orig_mod.0.weight")).containsExactly("0.weight");
    assertThat(names("model.layers.0.weight")).containsExactly("model.layers.0.weight");
    assertThat(names("model.a", "lm_head.weight")).containsExactly("model.a", "lm_head.weight");
  }

  @Test
  void aKeyWhoseValueIsAStateDictIsNoPartOfNames() {
    CheckpointIndex index = index("model.layers.0.weight", "model.norm.weight", "step");
    assertThat(names(index.withSections(Set.of("model"))))
        .containsExactly("layers.0.weight", "norm.weight");
    CheckpointIndex only = index("student.module.layers.0.weight", "student.module.norm.weight");
    CheckpointIndex unwrapped = StateDictPrefix.unwrapped(only.withSections(Set.of("student")));
    assertThat(unwrapped.tensors())
        .extracting(TensorEntry::name)
        .containsExactly("layers.0.weight", "norm.weight");
    assertThat(unwrapped.notes()).contains("names are without student.");
    // Which of several is the model, or whether a tensor that is in none of them belongs to it?
    assertThat(names(index("a.x", "b.y").withSections(Set.of("a", "b"))))
        .containsExactly("a.x", "b.y");
    assertThat(names(index("a.x", "y").withSections(Set.of("a")))).containsExactly("a.x", "y");
  }

  private static List<String> names(String... names) {
    return names(index(names));
  }

  private static List<String> names(CheckpointIndex index) {
    return StateDictPrefix.unwrapped(index).tensors().stream().map(TensorEntry::name).toList();
  }

  @Test
  void aWrapperOfSomeNamesIsPartOfThem() {
    CheckpointIndex index = index("module.a", "module.b", "lut");
    assertThat(StateDictPrefix.unwrapped(index)).isSameAs(index);
    assertThat(StateDictPrefix.unwrapped(index("module.module.module.module.a")).tensors())
        .extracting(TensorEntry::name)
        .containsExactly("module.a");
  }

  private static CheckpointIndex index(String... names) {
    return NamedIndexes.of(List.of(new Skipped("s", "sparse")), names);
  }
}
