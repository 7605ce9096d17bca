package io.qtrace.job.policy;

import java.util.Locale;

/** What a policy says of the tensors of one subject on one kind of edge. */
public enum Expectation {
  /** Every tensor of the subject changes. */
  MUST,
  /** A change says nothing. */
  MAY,
  /**
   * What trains is inferred: of a group of tensors that are alike, all change or none does. A layer
   * with LUT deltas trains its LUT, one without does not; the stored LUT becomes the one that
   * deltas give, without them it stays.
   */
  INFERRED,
  /** No tensor of the subject changes, is added or is removed. */
  NEVER;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
