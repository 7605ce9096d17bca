package io.qtrace.job.train;

/** What to do with an existing run in the output folder. */
public enum ExistingRunPolicy {
  /** Reuse a finished run with the same plan; any other run is an error. */
  KEEP,
  /** Reuse a finished run with the same plan; remove any other run that qtrace trained. */
  REPLACE,
  /** Remove it. */
  RETRAIN
}
