package io.qtrace.job.audit.cause;

/** Why a {@code _Q} buffer is not what its parent's is. */
public enum QCause {
  /** The LUT is baked from the parent's deltas, and {@code _Q} is {@code lut[_indices]}. */
  BAKED,
  /** {@code _Q} is {@code lut[_indices]}, the indices are the parent's. */
  SYNCED,
  /**
   * {@code _Q} is {@code lut[_indices]}, the indices moved: to those of weight and scales, where
   * the child has them in float32.
   */
  REQUANTIZED,
  /** The parent's numbers in the child's dtype. */
  CAST,
  /** No recomputation gives it. */
  UNEXPLAINED
}
