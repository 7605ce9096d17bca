package io.qtrace.job.train.data;

import io.qtrace.job.train.recipe.Batch;

/** Batches that are put together example by example. */
final class Batches {
  private Batches() {}

  /** Room for some examples of a cache. */
  static Batch empty(int examples, KdMeta meta) {
    int tokens = Math.multiplyExact(examples, meta.length());
    int targets = Math.multiplyExact(Math.multiplyExact(examples, meta.length() - 1), meta.topk());
    return new Batch(
        examples,
        meta.length(),
        meta.topk(),
        new int[tokens],
        new byte[tokens],
        new int[targets],
        new float[targets]);
  }

  /** Copies one example between batches of the same cache. */
  static void copy(Batch from, int example, Batch to, int place) {
    int length = from.length();
    int targets = (length - 1) * from.topK();
    copy(from.inputIds(), example, to.inputIds(), place, length);
    copy(from.attentionMask(), example, to.attentionMask(), place, length);
    copy(from.topkIdx(), example, to.topkIdx(), place, targets);
    copy(from.topkLogits(), example, to.topkLogits(), place, targets);
  }

  private static void copy(Object from, int example, Object to, int place, int size) {
    System.arraycopy(from, example * size, to, place * size, size);
  }
}
