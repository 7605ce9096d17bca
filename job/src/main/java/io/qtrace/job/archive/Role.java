package io.qtrace.job.archive;

/** The role of a checkpoint within its run, from its file name. */
public enum Role {
  /** A moving average of the weights over steps. */
  EMA,
  /** The state before any training. */
  INITIAL,
  /** Saved after a number of optimizer steps. */
  STEP,
  /** The state with the best evaluation loss. */
  BEST,
  /** The trained LUT written into {@code .lut} and {@code _Q}. */
  BAKED,
  /** The final state, exported for another program, perhaps in another dtype. */
  EXPORT,
  /** Anything else. */
  OTHER;

  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
