package io.qtrace.job.archive;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

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

  /**
   * The run as seen from an archive that does not contain it, without the files that the archive
   * has.
   *
   * @param root of the run's own archive
   */
  Optional<Run> outside(String root, Set<String> known) {
    List<CheckpointFile> files =
        checkpoints.stream()
            .filter(file -> !known.contains(file.stat().uri()))
            .map(file -> file.outside(root))
            .toList();
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(new Run(files.get(0).run(), config, files));
  }

  /** The run without some checkpoints; empty if none is left. */
  Optional<Run> without(Set<CheckpointFile> files) {
    List<CheckpointFile> kept = checkpoints.stream().filter(file -> !files.contains(file)).toList();
    return kept.isEmpty() ? Optional.empty() : Optional.of(new Run(path, config, kept));
  }
}
