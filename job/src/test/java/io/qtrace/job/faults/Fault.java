package io.qtrace.job.faults;

import java.nio.file.Path;

/** Something that goes wrong while qtrace works, over and over. */
interface Fault {
  /** What goes wrong, as the figures name it. */
  String title();

  /** How often in the gate. */
  int inGate();

  /** How often in the soak. */
  int inSoak();

  /**
   * Lets it go wrong, then does the same work undisturbed, and compares what is left with a run
   * that was never disturbed.
   *
   * @param seeds one for each repetition
   * @param folder empty, its own
   */
  Tally run(long[] seeds, Path folder) throws Exception;
}
