package io.qtrace.job.judge;

import java.util.Locale;

/** Evidence that a checkpoint was made from another. */
public enum Evidence {
  /** {@code source_checkpoint} in the run's {@code config.json}. */
  DECLARED,
  /** Roles and steps within one run. */
  ORDER,
  /** The weights themselves. */
  WEIGHTS;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Evidence of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
