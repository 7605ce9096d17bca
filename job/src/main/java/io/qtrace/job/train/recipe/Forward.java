package io.qtrace.job.train.recipe;

/** How a quantized layer multiplies. */
public enum Forward {
  /** Rank by rank, each intermediate value rounded to float16 as the target device does. */
  FACTORED,
  /** One product with {@code W = Q * ((A_dir diag g) B_dir)}: the same function, not rounded. */
  MATERIALIZED
}
