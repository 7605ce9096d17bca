package io.qtrace.job.archive;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * A folder with checkpoints of one training run.
 *
 * @param path folder below the archive's root; empty for the root itself
 * @param checkpoints sorted by path, at least one
 */
public record Run(String path, RunConfig config, List<CheckpointFile> checkpoints)
    implements Serializable {
  public Run {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(config, "config");
    checkpoints = checkpoints.stream().sorted().toList();
    if (checkpoints.isEmpty()) {
      throw new IllegalArgumentException("Invalid run: " + path + ", expected a checkpoint");
    }
  }
}
