package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The Qwen3 model without its linear layers, which a caller supplies; all of it is frozen. */
final class Qwen3 {
  /** The linear layers of the model. */
  @FunctionalInterface
  interface Layers {
    /**
     * The outputs of a product's projections side by side, [tokens, out + ...], of [tokens, in].
     */
    NDArray apply(int block, Product product, NDArray x);
  }

  /** Norms of a block: [hidden], [hidden], and of all query and key heads [heads, 1, head]. */
  private record Norms(NDArray input, NDArray afterAttention, NDArray queryAndKey) {}

  /** cos and sin of each position's angles, [length, head]; sin negative in its first half. */
  private record Rotation(NDArray cos, NDArray sin) {}

  private final ModelConfig config;
  private final TensorOps arithmetic;
  private final NDManager manager;
  private final NDArray embedding; // [vocab, hidden]
  private final NDArray head; // [vocab, hidden], an operand
  private final List<Norms> norms = new ArrayList<>();
  private final NDArray lastNorm;
  private final NDArray eps;
  private final NDArray scale;
  private final Map<Integer, Rotation> rotations = new HashMap<>(); // by length
  private final Map<Integer, AttentionMask> causal = new HashMap<>(); // by length

  Qwen3(ModelConfig config, TensorOps arithmetic, NDManager manager, ModelTensors tensors)
      throws IOException {
    this.config = config;
    this.arithmetic = arithmetic;
    this.manager = manager;
    int hidden = config.hiddenSize();
    embedding = tensors.floats("model.embed_tokens.weight", config.vocabSize(), hidden);
    NDArray output =
        config.tiedHead()
            ? embedding
            : tensors.floats("lm_head.weight", config.vocabSize(), hidden);
    head = arithmetic.frozenOperand(output);
    for (int block = 0; block < config.layers(); block++) {
      String path = "model.layers." + block + ".";
      norms.add(
          new Norms(
              tensors.floats(path + "input_layernorm.weight", hidden),
              tensors.floats(path + "post_attention_layernorm.weight", hidden),
              headNorms(tensors, path + "self_attn.")));
    }
    lastNorm = tensors.floats("model.norm.weight", hidden);
    eps = arithmetic.constant(config.rmsNormEps());
    scale = arithmetic.constant(1 / Math.sqrt(config.headDim()));
  }

  private NDArray headNorms(ModelTensors tensors, String path) throws IOException {
    int head = config.headDim();
    try (NDArray query = tensors.floats(path + "q_norm.weight", head);
        NDArray key = tensors.floats(path + "k_norm.weight", head)) {
      NDList norms = new NDList(Collections.nCopies(config.heads(), query));
      norms.addAll(Collections.nCopies(config.keyValueHeads(), key));
      return NDArrays.stack(norms).expandDims(1);
    }
  }

  /** Rows of the output head, [vocab, hidden], an operand of products. */
  NDArray head() {
    return head;
  }

  /**
   * The last hidden states [batch, length, hidden], normed. A mask of all ones is left out, as the
   * recipe does.
   */
  NDArray hidden(Batch batch, Layers layers) {
    AttentionMask mask =
        batch.hasPadding()
            ? AttentionMask.padded(
                manager, batch, config.keyValueHeads(), config.headsPerKeyValueHead())
            : causal.computeIfAbsent(batch.length(), this::causalMask);
    Rotation rotation = rotations.computeIfAbsent(batch.length(), this::rotation);
    NDArray tokens = manager.create(batch.inputIds());
    NDArray x = Embedding.embedding(tokens, embedding, SparseFormat.DENSE).singletonOrThrow();
    for (int block = 0; block < config.layers(); block++) {
      Norms norm = norms.get(block);
      NDArray input = arithmetic.rmsNorm(x, norm.input(), eps);
      x = x.add(attention(input, batch, block, mask, rotation, layers));
      x = x.add(mlp(arithmetic.rmsNorm(x, norm.afterAttention(), eps), block, layers));
    }
    return arithmetic
        .rmsNorm(x, lastNorm, eps)
        .reshape(batch.examples(), batch.length(), config.hiddenSize());
  }

  // Queries that share a key/value head stand one after the other, so that keys need no copies.
  private NDArray attention(
      NDArray x, Batch batch, int block, AttentionMask mask, Rotation rotation, Layers layers) {
    Norms norm = norms.get(block);
    int queries = config.heads();
    int queriesAndKeys = queries + config.keyValueHeads();
    NDArray all = layers.apply(block, Product.ATTENTION, x);
    all = heads(all, batch, queriesAndKeys + config.keyValueHeads());
    NDList withValues = all.split(new long[] {queriesAndKeys}, 1);
    NDArray normed = arithmetic.rmsNorm(withValues.get(0), norm.queryAndKey(), eps);
    NDList parts = rotated(normed, rotation).split(new long[] {queries}, 1);
    NDArray q = stacked(parts.get(0), (long) config.headsPerKeyValueHead() * batch.length());
    NDArray k = stacked(parts.get(1), batch.length());
    NDArray v = stacked(withValues.get(1), batch.length());
    NDArray scores = arithmetic.batchMatMul(q, k.swapAxes(1, 2)).mul(scale);
    NDArray mixed = arithmetic.attention(scores, mask, v);
    NDArray joined =
        mixed
            .reshape(batch.examples(), config.heads(), batch.length(), config.headDim())
            .swapAxes(1, 2)
            .reshape(
                (long) batch.examples() * batch.length(), (long) config.heads() * config.headDim());
    return layers.apply(block, Product.OUTPUT, joined);
  }

  private NDArray mlp(NDArray x, int block, Layers layers) {
    NDList gateAndUp = layers.apply(block, Product.MLP, x).split(2, 1);
    NDArray product = arithmetic.silu(gateAndUp.get(0)).mul(gateAndUp.get(1));
    return layers.apply(block, Product.DOWN, product);
  }

  // [batch, heads, length, head] to [batch * key/value heads, rows, head]
  private NDArray stacked(NDArray x, long rows) {
    return x.reshape(-1, rows, config.headDim());
  }

  // [tokens, heads * head] to [batch, heads, length, head]
  private NDArray heads(NDArray x, Batch batch, int heads) {
    return x.reshape(batch.examples(), batch.length(), heads, config.headDim()).swapAxes(1, 2);
  }

  private static NDArray rotated(NDArray x, Rotation rotation) {
    NDList halves = x.split(2, 3);
    NDArray swapped = halves.get(1).concat(halves.get(0), 3);
    return x.mul(rotation.cos()).add(swapped.mul(rotation.sin()));
  }

  private AttentionMask causalMask(int length) {
    AttentionMask mask = AttentionMask.causal(manager, length, config.headsPerKeyValueHead());
    NDScope.unregister(mask.bias());
    return mask;
  }

  // In float32 throughout, as PyTorch computes the angles.
  private Rotation rotation(int length) {
    int dim = config.headDim();
    try (NDScope scope = new NDScope()) {
      float[] exponents = new float[dim / 2];
      for (int i = 0; i < exponents.length; i++) {
        exponents[i] = (float) (2 * i) / dim;
      }
      NDArray powers = manager.create((float) config.ropeTheta()).pow(manager.create(exponents));
      NDArray frequencies = manager.create(1f).div(powers).reshape(1, -1);
      NDArray positions = manager.arange(0f, length, 1f, DataType.FLOAT32).reshape(-1, 1);
      NDArray angles = positions.mul(frequencies);
      NDArray sin = angles.sin();
      Rotation rotation =
          new Rotation(angles.cos().tile(new long[] {1, 2}), sin.neg().concat(sin, 1));
      NDScope.unregister(rotation.cos(), rotation.sin());
      return rotation;
    }
  }
}
