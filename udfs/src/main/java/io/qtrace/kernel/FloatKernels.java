package io.qtrace.kernel;

/**
 * The loops worth a vector form. Index {@code i} of an array is element {@code i} modulo {@link
 * LaneSum#LANES} of the tensor; every form gives the same bits.
 */
interface FloatKernels {
  /** Writes {@code out[i]} for every i in {@code [from, to)}. */
  void widenFloat16(short[] in, float[] out, int from, int to);

  /** Writes {@code out[i]} for every i in {@code [from, to)}. */
  void widenBfloat16(short[] in, float[] out, int from, int to);

  /** Compares {@code [from, to)} and adds every |left - right| to its lane. */
  ChunkDiff diff(float[] left, float[] right, int from, int to, double[] lanes);

  /** Adds every number of {@code [from, to)} to its lane. */
  ChunkStats stats(float[] numbers, int from, int to, double[] lanes);

  /**
   * What differs in a chunk.
   *
   * @param max greatest |left - right|, NaN if one is NaN
   */
  record ChunkDiff(int changed, float max) {
    static final ChunkDiff NONE = new ChunkDiff(0, 0);

    ChunkDiff plus(ChunkDiff other) {
      return new ChunkDiff(changed + other.changed, Math.max(max, other.max));
    }
  }

  /** Numbers of a chunk; the extremes leave out NaN and are infinities when nothing is left. */
  record ChunkStats(float min, float max, int nan, int inf, int zeros) {
    static final ChunkStats NONE =
        new ChunkStats(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, 0, 0);

    ChunkStats plus(ChunkStats other) {
      return new ChunkStats(
          Math.min(min, other.min),
          Math.max(max, other.max),
          nan + other.nan,
          inf + other.inf,
          zeros + other.zeros);
    }
  }
}
