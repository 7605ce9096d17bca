package io.qtrace.job.compare;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;

/** How far the compare stage has come: by its slices, which are of about equal bytes. */
final class CompareProgress {
  private final Progress progress;
  private final int checkpoints;
  private final long bytes;
  private final int slices;
  private int done;

  /**
   * @param bytes of all checkpoints
   */
  CompareProgress(Progress progress, int checkpoints, long bytes, int slices) {
    this.progress = progress;
    this.checkpoints = checkpoints;
    this.bytes = bytes;
    this.slices = slices;
    show();
  }

  /** A slice was read. */
  void finished() {
    done = Math.min(done + 1, slices);
    show();
  }

  private void show() {
    double part = slices == 0 ? 1 : (double) done / slices;
    progress.show(
        new Stage(
            "comparing",
            "checkpoints",
            (long) (checkpoints * part),
            checkpoints,
            (long) (bytes * part),
            bytes));
  }
}
