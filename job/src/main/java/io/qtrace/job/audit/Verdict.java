package io.qtrace.job.audit;

/** Outcome of an edge, and of an audit: the worst of its edges. */
public enum Verdict {
  CLEAN,
  VIOLATION
}
