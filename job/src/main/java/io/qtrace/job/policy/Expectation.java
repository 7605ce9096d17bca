package io.qtrace.job.policy;

import java.util.Locale;

/** What a policy says of the tensors of one subject on one kind of edge. */
public enum Expectation {
  /** Every tensor of the subject changes. */
  MUST,
  /** A change says nothing. */
  MAY,
  /** No tensor of the subject changes, is added or is removed. */
  NEVER;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
