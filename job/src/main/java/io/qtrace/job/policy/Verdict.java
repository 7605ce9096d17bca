package io.qtrace.job.policy;

import io.qtrace.io.Amount;

/** Outcome of an edge, and of an audit: the worst of its edges. */
public enum Verdict {
  CLEAN,
  VIOLATION;

  /** The counts behind a verdict, for people: edges that violate the policy, and findings. */
  public static String counts(long violations, long edges, long findings) {
    return "%s %s the policy, %s"
        .formatted(
            Amount.of(violations, edges, "edge"),
            violations == 1 || edges == 1 ? "violates" : "violate",
            Amount.of(findings, "finding"));
  }
}
