package io.qtrace.job.train.recipe;

/** Element type of the matrix products; everything else is float32. */
public enum Precision {
  FLOAT32,
  /** Products of the model in bfloat16. */
  MIXED
}
