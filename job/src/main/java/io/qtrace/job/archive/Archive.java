package io.qtrace.job.archive;

import java.util.List;

/**
 * What a scan found below one URI.
 *
 * @param root fully qualified URI
 * @param runs sorted by path
 * @param skipped folders with checkpoint-like files that are no runs, sorted by path
 */
public record Archive(String root, List<Run> runs, List<SkippedFolder> skipped) {
  /** A folder that was left out, and why. */
  public record SkippedFolder(String path, String reason) {}

  public Archive {
    runs = List.copyOf(runs);
    skipped = List.copyOf(skipped);
  }

  /** All checkpoints of all runs, in order of run and path. */
  public List<CheckpointFile> checkpoints() {
    return runs.stream().flatMap(run -> run.checkpoints().stream()).toList();
  }
}
