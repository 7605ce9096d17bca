package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.tensor.CheckpointIndex;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * Checkpoints that could be indexed, and the edges among them.
 *
 * @param files in the order of {@code indexes}
 * @param unreadable why a file could not be indexed
 * @param bytesRead bytes that the indexes took
 */
record IndexedSources(
    List<CheckpointFile> files,
    List<CheckpointIndex> indexes,
    List<Edge> edges,
    Map<CheckpointFile, String> unreadable,
    long bytesRead) {
  /**
   * What to measure and compare, given what is known of some of the files by the checkpoint's id.
   */
  CompareInput input(Map<String, Map<String, TensorFacts>> known) {
    return new CompareInput(
        indexes,
        edges.stream()
            .map(
                edge ->
                    new CompareInput.Pair(
                        files.indexOf(edge.parent()), files.indexOf(edge.child())))
            .toList(),
        files.stream()
            .map(file -> known.getOrDefault(ContentId.of(file.stat()), Map.of()))
            .toList(),
        EnumSet.of(Measure.FINGERPRINT, Measure.STATS, Measure.VALUES));
  }
}
