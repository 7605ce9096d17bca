package io.qtrace.job.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.format.Checkpoints;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.Sample;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

/** The sample's model has no preset's sizes, but their rope_theta and rms_norm_eps. */
class TestModelShapes {
  private static final String FILE = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");

  @Test
  void sizesAreThoseOfConfigJson() throws IOException {
    assertThat(sample().config(Preset.QWEN3_0_6B)).isEqualTo(Goldens.config());
  }

  @Test
  void floatModelHasTheSameSizes() throws IOException {
    ModelShapes teacher =
        ModelShapes.of(
            index(Sample.ARCHIVE.resolve("base-model/model.safetensors").toString()), List.of());

    assertThat(teacher.config(Preset.QWEN3_4B)).isEqualTo(Goldens.config());
  }

  @Test
  void headOfItsOwnIsNotTied() throws IOException {
    assertThat(with("lm_head.weight", 256, 32).config(Preset.QWEN3_0_6B).tiedHead()).isFalse();
  }

  @Test
  void publishedModelGoesByItsOwnName() {
    ModelShapes published = published(Preset.QWEN3_4B.config());

    assertThat(published.config(Preset.QWEN3_4B)).isEqualTo(Preset.QWEN3_4B.config());
    assertThatThrownBy(() -> published.config(Preset.QWEN3_0_6B))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid checkpoint: p has 'model.embed_tokens.weight' of the shape [151936, 2560],"
                + " expected [151936, 1024], as Qwen3-0.6B has it; these are the widths of Qwen3-4B");
  }

  @Test
  void contradictionsNameTensorAndExpectation() throws IOException {
    refused(
        with("model.layers.1.mlp.up_proj._indices", 96, 32),
        "has 'model.layers.1.mlp.up_proj._indices' of the shape [96, 32], expected [80, 32], as its"
            + " other tensors have it");
    refused(
        with("model.layers.0.self_attn.k_proj._indices", 24, 32),
        "has 'model.layers.0.self_attn.k_proj._indices' of the shape [24, 32], expected rows for"
            + " heads of 16 each");
    refused(
        with("model.layers.1.mlp.down_proj.scale_A", 32, 8),
        "has 'model.layers.1.mlp.down_proj.scale_A' of the shape [32, 8], expected [32, 16], as");
    refused(
        with("model.layers.0.self_attn.q_norm.weight", 0),
        "has 'model.layers.0.self_attn.q_norm.weight' of the shape [0], expected rank 1, sizes of 1 to");
    refused(
        with("model.embed_tokens.weight", 256),
        "has 'model.embed_tokens.weight' of the shape [256], expected rank 2, sizes of 1 to 2147483647");
    refused(
        with("model.layers.3.input_layernorm.weight", 32),
        "has 'model.layers.3.input_layernorm.weight', expected 2 layers, as its other");
    refused(
        new ModelShapes(FILE, Map.of()),
        "has no 'model.layers.0.self_attn.q_norm.weight', expected the tensors of a Qwen3 model");
  }

  private static void refused(ModelShapes shapes, String reason) {
    assertThatThrownBy(() -> shapes.config(Preset.QWEN3_0_6B))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid checkpoint: ")
        .hasMessageContaining("v2_initial.pt " + reason);
  }

  private static ModelShapes sample() throws IOException {
    return ModelShapes.of(index(FILE), List.of());
  }

  private static ModelShapes with(String name, long... sizes) throws IOException {
    Map<String, TensorEntry> tensors = new HashMap<>(sample().tensors());
    tensors.put(name, entry(FILE, name, sizes));
    return new ModelShapes(FILE, tensors);
  }

  private static ModelShapes published(ModelConfig config) {
    Map<String, TensorEntry> tensors = new HashMap<>();
    long hidden = config.hiddenSize();
    put(tensors, "model.embed_tokens.weight", config.vocabSize(), hidden);
    put(tensors, "model.norm.weight", hidden);
    for (int i = 0; i < config.layers(); i++) {
      String block = "model.layers." + i + ".";
      put(tensors, block + "input_layernorm.weight", hidden);
      put(tensors, block + "post_attention_layernorm.weight", hidden);
      put(tensors, block + "self_attn.q_norm.weight", config.headDim());
      put(tensors, block + "self_attn.k_norm.weight", config.headDim());
      for (Projection projection : Projection.values()) {
        String weight = projection.layer(i).quantized();
        put(tensors, weight, projection.out(config), projection.in(config));
      }
    }
    return new ModelShapes("p", tensors);
  }

  private static void put(Map<String, TensorEntry> tensors, String name, long... sizes) {
    tensors.put(name, entry("p", name, sizes));
  }

  private static TensorEntry entry(String file, String name, long... sizes) {
    Shape shape = Shape.of(sizes);
    long bytes = shape.elements() * Float.BYTES;
    Storage storage = new Storage(file, name, 0, bytes, Storage.Order.LITTLE, Storage.UNVERIFIED);
    return TensorEntry.contiguous(name, DType.FLOAT32, shape, storage);
  }

  private static CheckpointIndex index(String file) throws IOException {
    return new Checkpoints(new ObjectStore(new Configuration())).index(file);
  }
}
