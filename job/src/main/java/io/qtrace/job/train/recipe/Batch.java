package io.qtrace.job.train.recipe;

import java.io.Serializable;

/**
 * Examples of a KD cache, all in C order. The arrays are the record's own from then on.
 *
 * @param examples N
 * @param length L, tokens of an example
 * @param topK K, logits of a position that the teacher left
 * @param inputIds [N, L]
 * @param attentionMask [N, L], 1 for a token, 0 for padding
 * @param topkIdx [N, L - 1, K], the first of a position being the teacher's choice
 * @param topkLogits [N, L - 1, K]
 * @throws IllegalArgumentException if an array has not its size
 */
@SuppressWarnings("ArrayRecordComponent")
public record Batch(
    int examples,
    int length,
    int topK,
    int[] inputIds,
    byte[] attentionMask,
    int[] topkIdx,
    float[] topkLogits)
    implements Serializable {
  public Batch {
    if (examples < 1 || length < 2 || topK < 1) {
      throw new IllegalArgumentException(
          "Invalid batch: %d examples of %d tokens and %d logits, expected 1, 2 and 1 or more"
              .formatted(examples, length, topK));
    }
    long tokens = (long) examples * length;
    long logits = (long) examples * (length - 1) * topK;
    size("input_ids", inputIds.length, tokens);
    size("attention_mask", attentionMask.length, tokens);
    size("topk_idx", topkIdx.length, logits);
    size("topk_logits", topkLogits.length, logits);
  }

  /** N (L - 1). */
  public int positions() {
    return examples * (length - 1);
  }

  boolean hasPadding() {
    for (byte token : attentionMask) {
      if (token == 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Checks every token against the vocabulary.
   *
   * @throws IllegalArgumentException if there is one that the model has no embedding for
   */
  void checkTokens(int vocabSize) {
    tokens("input_ids", inputIds, vocabSize);
    tokens("topk_idx", topkIdx, vocabSize);
  }

  private static void tokens(String name, int[] tokens, int vocabSize) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabSize) {
        throw new IllegalArgumentException(
            "Invalid token: %s has %d at element %d, expected 0 to %d"
                .formatted(name, tokens[i], i, vocabSize - 1));
      }
    }
  }

  private static void size(String name, int size, long expected) {
    if (size != expected) {
      throw new IllegalArgumentException(
          "Invalid batch: %s has %d elements, expected %d".formatted(name, size, expected));
    }
  }
}
