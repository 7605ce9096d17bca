package io.qtrace.job.audit.policy;

import java.util.Locale;

/** What led from a parent checkpoint to its child. */
public enum EdgeKind {
  /** Optimizer steps on scales, LUT or both. */
  TRAIN,
  /** The trained LUT written into {@code .lut}, and {@code _Q} brought up to it. */
  BAKE,
  /** The stored LUT brought up to the deltas. */
  REFRESH,
  /** {@code _Q} brought up to {@code lut[_indices]}. */
  SYNC,
  /** Indices recomputed from weight and scales, then a sync. */
  REQUANTIZE,
  /** The same numbers in another dtype. */
  CAST,
  /** The same content under another name. */
  COPY,
  /** None of these explains what changed. */
  UNKNOWN;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
