package io.qtrace.job.train.recipe;

import io.qtrace.io.SafeText;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.TensorEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sizes of a Qwen3 model as the shapes of its tensors give them.
 *
 * @param file the checkpoint, for messages
 * @param tensors of the checkpoint, and of the base model where the checkpoint lacks some, by name
 */
public record ModelShapes(String file, Map<String, TensorEntry> tensors) {
  private static final String EMBEDDING = "model.embed_tokens.weight"; // [vocab, hidden]
  private static final String HEAD = "lm_head.weight"; // [vocab, hidden]
  private static final String QUERY_NORM = "self_attn.q_norm.weight"; // [head]
  private static final Pattern BLOCK = Pattern.compile("model\\.layers\\.(\\d{1,9})\\..*");

  /** A linear layer has one of these, [out, in]. */
  private static final List<Function<LayerNames, String>> WEIGHTS =
      List.of(LayerNames::indices, LayerNames::quantized, LayerNames::weight);

  public ModelShapes {
    tensors = Map.copyOf(tensors);
  }

  /** Shapes of a checkpoint and, where it lacks tensors, of its base model. */
  public static ModelShapes of(CheckpointIndex checkpoint, List<TensorEntry> base) {
    Map<String, TensorEntry> tensors = new HashMap<>();
    base.forEach(tensor -> tensors.put(tensor.name(), tensor));
    checkpoint.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    return new ModelShapes(checkpoint.path(), tensors);
  }

  /**
   * The model's sizes. The preset gives what shapes do not show, {@code rms_norm_eps} and {@code
   * rope_theta}; so a model of sizes that were never published is taken as it is, and a published
   * one under its own name only.
   *
   * @throws IllegalArgumentException naming file and tensor, if a tensor is missing, shapes
   *     contradict each other, or are those of another preset
   */
  public ModelConfig config(Preset preset) {
    int head = sizes(tensor(block(0) + QUERY_NORM), 1)[0];
    ModelConfig config =
        new ModelConfig(
            sizes(tensor(EMBEDDING), 2)[0],
            sizes(tensor(EMBEDDING), 2)[1],
            sizes(weight(Projection.GATE, 0), 2)[0],
            blocks(),
            heads(Projection.QUERY, head),
            heads(Projection.KEY, head),
            head,
            preset.config().rmsNormEps(),
            preset.config().ropeTheta(),
            isTied());
    check(config, "as its other tensors have it");
    for (Preset other : Preset.values()) {
      if (other != preset && other.config().hasWidthsOf(config)) {
        check(
            preset.config(),
            "as %s has it; these are the widths of %s".formatted(preset.label(), other.label()));
      }
    }
    return config;
  }

  /**
   * Checks all shapes of a model against its sizes.
   *
   * @param reason of the sizes, which ends the message
   * @throws IllegalArgumentException naming file and tensor, if one is missing or does not fit
   */
  public void check(ModelConfig config, String reason) {
    long hidden = config.hiddenSize();
    check(tensor(EMBEDDING), reason, config.vocabSize(), hidden);
    if (!config.tiedHead()) {
      check(tensor(HEAD), reason, config.vocabSize(), hidden);
    }
    for (int i = 0; i < config.layers(); i++) {
      String block = block(i);
      check(tensor(block + "input_layernorm.weight"), reason, hidden);
      check(tensor(block + "post_attention_layernorm.weight"), reason, hidden);
      check(tensor(block + QUERY_NORM), reason, config.headDim());
      check(tensor(block + "self_attn.k_norm.weight"), reason, config.headDim());
      for (Projection projection : Projection.values()) {
        check(projection, i, config, reason);
      }
    }
    check(tensor("model.norm.weight"), reason, hidden);
    for (TensorEntry tensor : tensors.values()) {
      Matcher block = BLOCK.matcher(tensor.name());
      if (block.matches() && Integer.parseInt(block.group(1)) >= config.layers()) {
        throw wrong(tensor, "", "%d layers, %s".formatted(config.layers(), reason));
      }
    }
  }

  private void check(Projection projection, int block, ModelConfig config, String reason) {
    int out = projection.out(config);
    int in = projection.in(config);
    LayerNames layer = projection.layer(block);
    check(weight(projection, block), reason, out, in);
    TensorEntry magnitude = tensors.get(layer.magnitude());
    if (magnitude != null) {
      int rank = sizes(magnitude, 1)[0];
      check(tensor(layer.scaleA()), reason, out, rank);
      check(tensor(layer.scaleB()), reason, rank, in);
    }
  }

  private static void check(TensorEntry tensor, String reason, long... sizes) {
    if (!tensor.shape().equals(Shape.of(sizes))) {
      throw wrong(
          tensor, " of the shape " + tensor.shape(), "%s, %s".formatted(Shape.of(sizes), reason));
    }
  }

  private int blocks() {
    int blocks = 0;
    while (tensors.containsKey(block(blocks) + QUERY_NORM)) {
      blocks++;
    }
    return blocks;
  }

  private int heads(Projection projection, int head) {
    TensorEntry weight = weight(projection, 0);
    int rows = sizes(weight, 2)[0];
    if (rows % head != 0) {
      throw wrong(
          weight, " of the shape " + weight.shape(), "rows for heads of %d each".formatted(head));
    }
    return rows / head;
  }

  // A tied head is saved as the embedding's own storage, or not at all.
  private boolean isTied() {
    TensorEntry head = tensors.get(HEAD);
    TensorEntry embedding = tensor(EMBEDDING);
    return head == null
        || (head.storage().equals(embedding.storage()) && head.offset() == embedding.offset());
  }

  private TensorEntry weight(Projection projection, int block) {
    LayerNames layer = projection.layer(block);
    return WEIGHTS.stream()
        .map(kind -> tensors.get(kind.apply(layer)))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseGet(() -> tensor(layer.weight()));
  }

  private TensorEntry tensor(String name) {
    TensorEntry tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "Invalid checkpoint: %s has no %s, expected the tensors of a Qwen3 model"
              .formatted(SafeText.of(file), SafeText.quoted(name)));
    }
    return tensor;
  }

  private static int[] sizes(TensorEntry tensor, int rank) {
    List<Long> sizes = tensor.shape().sizes();
    if (sizes.size() != rank || sizes.stream().anyMatch(n -> n < 1 || n > Integer.MAX_VALUE)) {
      throw wrong(
          tensor,
          " of the shape " + tensor.shape(),
          "rank %d, sizes of 1 to 2147483647".formatted(rank));
    }
    return sizes.stream().mapToInt(Long::intValue).toArray();
  }

  private static IllegalArgumentException wrong(TensorEntry tensor, String shape, String expected) {
    return new IllegalArgumentException(
        "Invalid checkpoint: %s has %s%s, expected %s"
            .formatted(
                SafeText.of(tensor.storage().file()),
                SafeText.quoted(tensor.name()),
                shape,
                expected));
  }

  private static String block(int block) {
    return "model.layers." + block + ".";
  }
}
