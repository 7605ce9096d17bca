package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * What a position may attend to: itself and those before it, padding left out. A query that may
 * attend to nothing attends to nothing.
 *
 * @param bias [batch * key/value heads or 1, queries, length] added to the scores
 * @param allowed 1 or 0 in the same shape; null where each query has something to attend to
 */
record AttentionMask(NDArray bias, NDArray allowed) {
  private static final float FORBIDDEN = -1e30f; // its exponential is 0 in float32

  /**
   * @param repeats queries of a position that share a key, one after the other
   */
  static AttentionMask causal(NDManager manager, int length, int repeats) {
    float[] bias = new float[length * length];
    for (int query = 0; query < length; query++) {
      for (int key = query + 1; key < length; key++) {
        bias[query * length + key] = FORBIDDEN;
      }
    }
    NDArray array = manager.create(bias, new Shape(1, length, length));
    return new AttentionMask(array.tile(new long[] {1, repeats, 1}), null);
  }

  /** Causal, and without the batch's padding. */
  static AttentionMask padded(NDManager manager, Batch batch, int keyValueHeads, int repeats) {
    int length = batch.length();
    float[] bias = new float[batch.examples() * length * length];
    float[] allowed = new float[bias.length];
    boolean anyBlind = false;
    for (int row = 0; row < batch.examples() * length; row++) {
      int example = row / length;
      boolean blind = true;
      for (int key = 0; key < length; key++) {
        boolean sees = key <= row % length && batch.attentionMask()[example * length + key] != 0;
        bias[row * length + key] = sees ? 0 : FORBIDDEN;
        allowed[row * length + key] = sees ? 1 : 0;
        blind &= !sees;
      }
      anyBlind |= blind;
    }
    Shape shape = new Shape(batch.examples(), 1, length, length);
    long[] heads = {1, keyValueHeads, repeats, 1};
    return new AttentionMask(
        manager.create(bias, shape).tile(heads).reshape(-1, (long) repeats * length, length),
        anyBlind
            ? manager
                .create(allowed, shape)
                .tile(heads)
                .reshape(-1, (long) repeats * length, length)
            : null);
  }

  /**
   * Scores [batch * key/value heads, queries, length] to weights that sum to 1, or to 0 for a blind
   * query.
   */
  NDArray weights(NDArray scores) {
    return seen(scores.add(bias).softmax(2));
  }

  /** Scores to {@code exp(score - the query's largest)}: weights that sum to no certain value. */
  NDArray exponentials(NDArray scores) {
    NDArray biased = scores.add(bias);
    return biased.sub(biased.stopGradient().max(new int[] {2}, true)).exp();
  }

  /** Weights without those of blind queries. */
  NDArray seen(NDArray weights) {
    return allowed == null ? weights : weights.mul(allowed);
  }
}
