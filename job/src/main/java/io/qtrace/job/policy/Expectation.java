package io.qtrace.job.policy;

import java.util.Locale;

/** What a policy expects of the tensors of one subject on one kind of edge. */
public enum Expectation {
  /** Every tensor of the subject must change. */
  MUST,
  /** Tensors may change. */
  MAY,
  /**
   * What trains is inferred: in a group of similar tensors, either all change or none. A layer with
   * LUT deltas trains its LUT, one without does not; its stored LUT becomes the one computed from
   * the deltas, or stays if there are none.
   */
  INFERRED,
  /** No tensor of the subject may change, be added or be removed. */
  NEVER;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
