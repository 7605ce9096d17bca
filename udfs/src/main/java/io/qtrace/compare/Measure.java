package io.qtrace.compare;

/** What a {@link RangeTask} measures of one tensor while reading its bytes. */
public enum Measure {
  /** Leaf digests, for a {@link Fingerprint}. */
  FINGERPRINT,
  /** Minimum, maximum, sum, NaN, infinities and zeros. */
  STATS,
  /**
   * Squared deviations from the mean, for a standard deviation; unlike for all others, the last
   * bits depend on how a tensor is split.
   */
  SPREAD,
  /** Sum of squares, for an L2 norm. */
  NORM,
  /** How often each index occurs, of integers from 0 to 255. */
  COUNTS,
  /** The elements themselves, for tensors within the member's limit. */
  VALUES,
  /** MD5 of the bytes in C order; sequential, so the task must cover the whole tensor. */
  MD5,
  /** SHA-256 of the bytes in C order; sequential, as MD5 is. */
  SHA256,
  /** CRC-32 of the storage's bytes; only of contiguous little-endian or one-byte elements. */
  CRC;

  /** Maximum number of elements of tensors kept by value, unless a member has another limit. */
  public static final int MAX_VALUES = 64;

  /** Whether the bytes must be read in order, so that a tensor cannot be split into ranges. */
  public boolean isSequential() {
    return this == MD5 || this == SHA256;
  }
}
