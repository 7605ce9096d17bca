package io.qtrace.job.archive;

/** What a checkpoint is within its run, by its file name. */
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
  /** The end state, written once more for another program, perhaps in another dtype. */
  EXPORT,
  /** Anything else. */
  OTHER;

  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
