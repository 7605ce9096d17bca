package io.qtrace.job.train.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.Serializable;

/**
 * Sizes of a Qwen3 model. The constructor throws IllegalArgumentException where they contradict
 * each other.
 *
 * @param vocabSize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the MLP
 * @param layers transformer blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads, a divisor of heads
 * @param headDim width of one head, even
 * @param rmsNormEps added to the mean square
 * @param ropeTheta base of the rotary positions
 * @param tiedHead whether the output head is the embedding
 */
public record ModelConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDim,
    double rmsNormEps,
    double ropeTheta,
    boolean tiedHead)
    implements Serializable {
  // As Python's json writes them, some numbers are NaN or Infinity.
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  public ModelConfig {
    positive("vocab_size", vocabSize);
    positive("hidden_size", hiddenSize);
    positive("intermediate_size", intermediateSize);
    positive("num_hidden_layers", layers);
    positive("num_attention_heads", heads);
    positive("num_key_value_heads", keyValueHeads);
    positive("head_dim", headDim);
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "Invalid num_key_value_heads: %d, expected a divisor of the %d heads"
              .formatted(keyValueHeads, heads));
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "Invalid head_dim: " + headDim + ", expected an even number");
    }
    if (!(rmsNormEps > 0 && rmsNormEps < 1)) {
      throw new IllegalArgumentException(
          "Invalid rms_norm_eps: " + rmsNormEps + ", expected a number between 0 and 1");
    }
    if (!(ropeTheta > 1 && ropeTheta <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Invalid rope_theta: " + ropeTheta + ", expected a number above 1");
    }
  }

  /**
   * Reads a {@code config.json} of Hugging Face's layout.
   *
   * @param json the file's text
   * @throws IllegalArgumentException if it is not JSON, lacks a size, or describes a model that is
   *     no plain Qwen3
   */
  public static ModelConfig read(String json) {
    JsonNode node = parse(json);
    require(node, "model_type", "qwen3");
    require(node, "hidden_act", "silu");
    refuse(node, "attention_bias");
    refuse(node, "use_sliding_window");
    JsonNode rope = node.path("rope_parameters");
    require(rope, "rope_type", "default");
    if (node.path("rope_scaling").isObject()) {
      throw new IllegalArgumentException(
          "Unsupported rope_scaling: expected plain rotary positions");
    }
    return new ModelConfig(
        size(node, "vocab_size"),
        size(node, "hidden_size"),
        size(node, "intermediate_size"),
        size(node, "num_hidden_layers"),
        size(node, "num_attention_heads"),
        size(node, "num_key_value_heads"),
        size(node, "head_dim"),
        number(node, "rms_norm_eps"),
        number(node.has("rope_theta") ? node : rope, "rope_theta"),
        node.path("tie_word_embeddings").asBoolean(false));
  }

  /** Queries that share a key/value head. */
  int headsPerKeyValueHead() {
    return heads / keyValueHeads;
  }

  /** Whether the other model has this one's widths; layers and vocabulary may differ. */
  boolean hasWidthsOf(ModelConfig other) {
    return hiddenSize == other.hiddenSize
        && intermediateSize == other.intermediateSize
        && heads == other.heads
        && keyValueHeads == other.keyValueHeads
        && headDim == other.headDim;
  }

  private static JsonNode parse(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (!node.isObject()) {
        throw new IllegalArgumentException("Invalid model config: expected a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Invalid model config: expected JSON", e);
    }
  }

  private static void require(JsonNode node, String key, String expected) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.asText().equals(expected)) {
      throw new IllegalArgumentException(
          "Unsupported %s: %s, expected %s".formatted(key, value, expected));
    }
  }

  private static void refuse(JsonNode node, String key) {
    if (node.path(key).asBoolean(false)) {
      throw new IllegalArgumentException("Unsupported " + key + ": true, expected false");
    }
  }

  private static int size(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
      throw new IllegalArgumentException(
          "Invalid model config: %s is %s, expected an integer"
              .formatted(key, value.isMissingNode() ? "missing" : value));
    }
    return value.intValue();
  }

  private static double number(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isNumber()) {
      throw new IllegalArgumentException(
          "Invalid model config: %s is %s, expected a number"
              .formatted(key, value.isMissingNode() ? "missing" : value));
    }
    return value.doubleValue();
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("Invalid " + name + ": " + value + ", expected 1 or more");
    }
  }
}
