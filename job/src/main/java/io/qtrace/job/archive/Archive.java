package io.qtrace.job.archive;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The result of scanning one URI.
 *
 * @param root fully qualified URI
 * @param runs sorted by path
 * @param skipped folders with checkpoint-like files that are not runs, sorted by path
 */
public record Archive(String root, List<Run> runs, List<SkippedFolder> skipped) {
  /**
   * A folder or file that was skipped, and why.
   *
   * @param outside whether it is a link that leads out of the archive
   */
  public record SkippedFolder(String path, String reason, boolean outside) {
    SkippedFolder(String path, String reason) {
      this(path, reason, false);
    }
  }

  public Archive {
    runs = List.copyOf(runs);
    skipped = List.copyOf(skipped);
  }

  /** The archive without some checkpoints. */
  public Archive without(Set<CheckpointFile> files) {
    return new Archive(
        root, runs.stream().flatMap(run -> run.without(files).stream()).toList(), skipped);
  }

  /** The archive with the checkpoints of another one, whose paths become their URIs. */
  public Archive and(Archive other) {
    Set<String> uris = new HashSet<>();
    checkpoints().forEach(file -> uris.add(file.stat().uri()));
    List<Run> all = new ArrayList<>(runs);
    for (Run run : other.runs) {
      run.outside(other.root, uris).ifPresent(all::add);
    }
    all.sort(Comparator.comparing(Run::path));
    return new Archive(root, all, skipped);
  }

  /** All checkpoints of all runs, in order of run and path. */
  public List<CheckpointFile> checkpoints() {
    return runs.stream().flatMap(run -> run.checkpoints().stream()).toList();
  }
}
