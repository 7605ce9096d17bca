package io.qtrace.job.archive;

import io.qtrace.io.ObjectStat;
import java.io.Serializable;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * One checkpoint of a run.
 *
 * @param stat where it is, and its identity when it was listed
 * @param path path below the archive's root, {@code /} between folders: stable when the archive
 *     moves
 * @param run path of the run's folder below the archive's root; empty for the root itself
 * @param step optimizer steps done, or {@link #NO_STEP}
 */
public record CheckpointFile(ObjectStat stat, String path, String run, Role role, long step)
    implements Serializable, Comparable<CheckpointFile> {
  public static final long NO_STEP = -1;

  public CheckpointFile {
    Objects.requireNonNull(stat, "stat");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(role, "role");
    if (step < NO_STEP) {
      throw new IllegalArgumentException("Invalid step: " + step + ", expected 0 or more");
    }
  }

  public OptionalLong stepIfKnown() {
    return step == NO_STEP ? OptionalLong.empty() : OptionalLong.of(step);
  }

  public String fileName() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public int compareTo(CheckpointFile other) {
    return path.compareTo(other.path);
  }
}
