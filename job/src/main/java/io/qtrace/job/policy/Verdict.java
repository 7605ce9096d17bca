package io.qtrace.job.policy;

/** Outcome of an edge, and of an audit: the worst of its edges. */
public enum Verdict {
  CLEAN,
  VIOLATION
}
