package io.qtrace.job.parents;

import io.qtrace.job.archive.CheckpointFile;
import java.util.Objects;

/**
 * A checkpoint whose parent is searched for.
 *
 * @param file where it is; its role, step and time are hints that decide ties alone
 */
public record MeasuredCheckpoint(CheckpointFile file, Sketch sketch) {
  public MeasuredCheckpoint {
    Objects.requireNonNull(file, "file");
    Objects.requireNonNull(sketch, "sketch");
  }
}
