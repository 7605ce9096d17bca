package io.qtrace.job.train;

/** What becomes of a run that is already in the output folder. */
public enum ExistingRunPolicy {
  /** The very same run, finished, is taken as it is; another one is an error. */
  KEEP,
  /**
   * The very same run, finished, is taken as it is; another one is removed where qtrace trained it.
   */
  REPLACE,
  /** It is removed. */
  RETRAIN
}
