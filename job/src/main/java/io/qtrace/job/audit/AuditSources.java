package io.qtrace.job.audit;

import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.tensor.CheckpointIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The checkpoints that an audit has to open: those that are new, and both ends of edges to compare.
 *
 * @param edges to compare
 * @param fresh how many of the files no audit has read
 */
record AuditSources(List<CheckpointFile> files, List<Edge> edges, int fresh) {
  static AuditSources of(Archive archive, KnownCheckpoints known, List<Edge> edges) {
    Set<CheckpointFile> files = new TreeSet<>();
    archive.checkpoints().stream().filter(file -> known.row(file).isEmpty()).forEach(files::add);
    int fresh = files.size();
    List<Edge> comparable =
        edges.stream()
            .filter(edge -> mayBeRead(known, edge.parent()) && mayBeRead(known, edge.child()))
            .toList();
    for (Edge edge : comparable) {
      files.add(edge.parent());
      files.add(edge.child());
    }
    return new AuditSources(List.copyOf(files), comparable, fresh);
  }

  private static boolean mayBeRead(KnownCheckpoints known, CheckpointFile file) {
    return known.row(file).map(CheckpointRow::isReadable).orElse(true);
  }

  IndexedSources index(IndexStage stage) {
    List<IndexedCheckpoint> outcomes =
        stage.run(files.stream().map(file -> file.stat().uri()).toList());
    List<CheckpointFile> readable = new ArrayList<>();
    List<CheckpointIndex> indexes = new ArrayList<>();
    Map<CheckpointFile, String> unreadable = new TreeMap<>();
    long bytesRead = 0;
    for (int i = 0; i < files.size(); i++) {
      if (outcomes.get(i) instanceof IndexedCheckpoint.Readable found) {
        readable.add(files.get(i));
        indexes.add(found.index());
        bytesRead += found.bytesRead();
      } else if (outcomes.get(i) instanceof IndexedCheckpoint.Unreadable failed) {
        unreadable.put(files.get(i), failed.reason());
      }
    }
    List<Edge> comparable =
        edges.stream()
            .filter(
                edge ->
                    !unreadable.containsKey(edge.parent()) && !unreadable.containsKey(edge.child()))
            .toList();
    return new IndexedSources(readable, indexes, comparable, unreadable, bytesRead);
  }
}
