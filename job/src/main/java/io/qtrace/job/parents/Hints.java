package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import java.util.Comparator;
import java.util.List;

/** What names and times suggest; used only where the weights leave a choice. */
final class Hints {
  private static final List<Role> FIRST_WRITTEN =
      List.of(Role.STEP, Role.INITIAL, Role.BAKED, Role.OTHER, Role.BEST, Role.EXPORT, Role.EMA);

  /** Among files with the same tensors, the original comes first, then its copies. */
  static final Comparator<CheckpointFile> ORIGINAL_FIRST =
      Comparator.<CheckpointFile>comparingInt(file -> FIRST_WRITTEN.indexOf(file.role()))
          .thenComparingLong(file -> file.stat().modified())
          .thenComparing(Comparator.naturalOrder());

  private Hints() {}

  /** Whether steps of one run, else the times, say that one was written before the other. */
  static boolean isBefore(CheckpointFile one, CheckpointFile other) {
    return isStepBefore(one, other)
        || (!isStepBefore(other, one) && one.stat().modified() < other.stat().modified());
  }

  /** Whether both are steps of one run, in this order. */
  static boolean isStepBefore(CheckpointFile one, CheckpointFile other) {
    return one.run().equals(other.run())
        && one.role() == Role.STEP
        && other.role() == Role.STEP
        && one.stepIfKnown().isPresent()
        && one.step() < other.step();
  }
}
