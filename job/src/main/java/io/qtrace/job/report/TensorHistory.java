package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Every content that one tensor has had, checkpoint by checkpoint in order of time. */
public record TensorHistory(String tensor, List<Version> versions) {
  /**
   * A checkpoint in which the tensor has another content than in the checkpoint before.
   *
   * @param kind of the edge that changed it; null where none did, as in a root
   * @param from the edge's parent
   * @param event {@code new}, or {@code returns} to a content that was there before
   * @param checkpoints how many in a row have this content
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Version(
      String path,
      String event,
      String dtype,
      String fingerprint,
      String kind,
      String from,
      int checkpoints) {}

  /** The history that rows of the lineage tables tell. */
  public static TensorHistory of(
      String tensor,
      List<CheckpointRow> checkpoints,
      List<TensorRow> contents,
      List<EdgeRow> edges,
      List<ChangeRow> changes) {
    Map<String, TensorRow> byCheckpoint = new HashMap<>();
    contents.forEach(row -> byCheckpoint.put(row.checkpointId(), row));
    List<Version> versions = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (CheckpointRow checkpoint : inTime(checkpoints)) {
      TensorRow row = byCheckpoint.get(checkpoint.checkpointId());
      if (row == null) {
        continue;
      }
      Version last = versions.isEmpty() ? null : versions.get(versions.size() - 1);
      if (last != null
          && last.fingerprint().equals(row.fingerprint())
          && last.dtype().equals(row.dtype())) {
        versions.set(versions.size() - 1, oneMore(last));
      } else {
        Optional<EdgeRow> by = changedBy(checkpoint, edges, changes);
        versions.add(
            new Version(
                checkpoint.path(),
                seen.add(row.fingerprint()) ? "new" : "returns",
                row.dtype(),
                row.fingerprint(),
                by.map(EdgeRow::kind).orElse(null),
                by.map(EdgeRow::parentPath).orElse(null),
                1));
      }
    }
    return new TensorHistory(tensor, versions);
  }

  private static List<CheckpointRow> inTime(List<CheckpointRow> checkpoints) {
    return checkpoints.stream()
        .sorted(
            Comparator.comparing(CheckpointRow::modified)
                .thenComparing(row -> row.step() == null ? -1L : row.step())
                .thenComparing(CheckpointRow::path))
        .toList();
  }

  private static Version oneMore(Version version) {
    return new Version(
        version.path(),
        version.event(),
        version.dtype(),
        version.fingerprint(),
        version.kind(),
        version.from(),
        version.checkpoints() + 1);
  }

  private static Optional<EdgeRow> changedBy(
      CheckpointRow checkpoint, List<EdgeRow> edges, List<ChangeRow> changes) {
    Set<String> parents = new HashSet<>();
    changes.stream()
        .filter(change -> change.childId().equals(checkpoint.checkpointId()))
        .forEach(change -> parents.add(change.parentId()));
    return edges.stream()
        .filter(edge -> edge.childId().equals(checkpoint.checkpointId()))
        .filter(edge -> parents.contains(edge.parentId()))
        .findFirst();
  }

  public List<String> lines(int width) {
    TextTable table =
        new TextTable(
            Column.text("checkpoint"),
            Column.text("content"),
            Column.text("by"),
            Column.text("from"),
            Column.text("dtype"),
            Column.number("in a row"));
    for (Version version : versions) {
      table.add(
          version.path(),
          version.event() + " " + version.fingerprint().substring(0, 11),
          version.kind(),
          version.from(),
          version.dtype(),
          version.checkpoints());
    }
    return table.lines(width);
  }
}
