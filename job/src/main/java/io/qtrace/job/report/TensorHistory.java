package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.QChangeRow;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Every content that one tensor has had in an archive, in order of time, no checkpoint before the
 * one that it was made from.
 */
public record TensorHistory(
    String archive, String auditId, String tensor, List<Content> contents, List<Event> events) {
  /**
   * A distinct content.
   *
   * @param first the checkpoint that had it first
   * @param checkpoints how many have it
   */
  public record Content(
      String fingerprint, String dtype, List<Long> shape, String first, int checkpoints) {}

  /**
   * A checkpoint whose content is not its parent's.
   *
   * @param modified when it was written, ISO 8601
   * @param event {@code new}, {@code returns} to a content that was there before, or {@code lost}
   * @param kind of the edge that changed it; null in a root
   * @param from the edge's parent
   * @param verdict of the edge
   * @param status of the tensor on that edge
   * @param cause of a {@code _Q}, proved by recomputation
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Event(
      String path,
      String modified,
      String event,
      String fingerprint,
      String kind,
      String from,
      String verdict,
      String status,
      String cause,
      Long changedElements,
      Double maxAbs,
      Long residual,
      Double drift) {}

  /** What is known of the tensor: rows of that name, or of its layer. */
  public record Evidence(
      List<TensorRow> contents, List<ChangeRow> changes, List<QChangeRow> quantized) {}

  /** The history in one archive; without contents where it has no such tensor. */
  public static TensorHistory of(String tensor, AuditedArchive archive, Evidence evidence) {
    return new Reading(tensor, archive, evidence).history();
  }

  private static final class Reading {
    private final String tensor;
    private final AuditedArchive archive;
    private final LineageTree tree;
    private final Map<String, TensorRow> contents = new HashMap<>(); // by the checkpoint's id
    private final Map<List<String>, ChangeRow> changes = new HashMap<>(); // by audit and ends
    private final Map<List<String>, QChangeRow> quantized = new HashMap<>();
    private final Map<List<Object>, Content> seen = new LinkedHashMap<>();
    private final List<Event> events = new ArrayList<>();

    Reading(String tensor, AuditedArchive archive, Evidence evidence) {
      this.tensor = tensor;
      this.archive = archive;
      this.tree = LineageTree.of(archive);
      evidence.contents().forEach(row -> contents.put(row.checkpointId(), row));
      evidence
          .changes()
          .forEach(row -> changes.put(List.of(row.auditId(), row.parentId(), row.childId()), row));
      evidence
          .quantized()
          .forEach(
              row -> quantized.put(List.of(row.auditId(), row.parentId(), row.childId()), row));
    }

    TensorHistory history() {
      Map<String, List<LineageTree.Node>> children = new HashMap<>();
      Map<String, CheckpointRow> rows = new HashMap<>();
      archive.checkpoints().forEach(row -> rows.put(row.checkpointId(), row));
      PriorityQueue<LineageTree.Node> open =
          new PriorityQueue<>(
              Comparator.comparing((LineageTree.Node node) -> modified(rows, node))
                  .thenComparing(node -> step(rows, node))
                  .thenComparing(LineageTree.Node::path));
      for (LineageTree.Node node : tree.checkpoints()) {
        if (node.edge() == null) {
          open.add(node);
        } else {
          children.computeIfAbsent(node.edge().parentId(), id -> new ArrayList<>()).add(node);
        }
      }
      while (!open.isEmpty()) {
        LineageTree.Node node = open.remove();
        add(node, modified(rows, node));
        open.addAll(children.getOrDefault(node.id(), List.of()));
      }
      return new TensorHistory(
          tree.archive(), tree.auditId(), tensor, List.copyOf(seen.values()), events);
    }

    private static Instant modified(Map<String, CheckpointRow> rows, LineageTree.Node node) {
      return rows.containsKey(node.id()) ? rows.get(node.id()).modified() : Instant.EPOCH;
    }

    private static long step(Map<String, CheckpointRow> rows, LineageTree.Node node) {
      CheckpointRow row = rows.get(node.id());
      return row == null || row.step() == null ? -1 : row.step();
    }

    private void add(LineageTree.Node node, Instant modified) {
      TensorRow row = contents.get(node.id());
      TensorRow before = node.edge() == null ? null : contents.get(node.edge().parentId());
      if (row == null) {
        if (before != null) {
          events.add(event(node, modified, "lost", null));
        }
        return;
      }
      boolean isNew = !seen.containsKey(content(row));
      seen.merge(
          content(row),
          new Content(row.fingerprint(), row.dtype(), row.shape(), node.path(), 1),
          (one, more) ->
              new Content(
                  one.fingerprint(), one.dtype(), one.shape(), one.first(), one.checkpoints() + 1));
      if (isNew || (before != null && !content(before).equals(content(row)))) {
        events.add(event(node, modified, isNew ? "new" : "returns", row.fingerprint()));
      }
    }

    private static List<Object> content(TensorRow row) {
      return List.of(row.fingerprint(), row.dtype(), row.shape());
    }

    private Event event(LineageTree.Node node, Instant modified, String what, String fingerprint) {
      EdgeRow edge = node.edge();
      List<String> key =
          edge == null ? List.of() : List.of(edge.auditId(), edge.parentId(), edge.childId());
      ChangeRow change = changes.get(key);
      QChangeRow q = quantized.get(key);
      return new Event(
          node.path(),
          modified.toString(),
          what,
          fingerprint,
          edge == null ? null : edge.kind(),
          node.parent(),
          edge == null ? null : edge.verdict(),
          change == null ? null : change.status(),
          q == null ? null : q.cause(),
          change == null ? null : change.changedElements(),
          change == null ? null : change.maxAbs(),
          q == null ? null : q.residual(),
          q == null ? null : q.drift());
    }
  }

  /** A line an event. */
  public List<String> lines(int width) {
    TextTable table =
        new TextTable(
            Column.text("checkpoint"),
            Column.text("content"),
            Column.number("in"),
            Column.text("by"),
            Column.text("from"),
            Column.text("dtype"),
            Column.number("elements changed"),
            Column.number("max |a-b|"));
    for (Event event : events) {
      Content content =
          contents.stream()
              .filter(one -> one.fingerprint().equals(event.fingerprint()))
              .findFirst()
              .orElse(null);
      table.add(
          event.path(),
          event.event() + (content == null ? "" : " " + content.fingerprint().substring(0, 11)),
          content == null ? null : content.checkpoints(),
          by(event),
          event.from(),
          content == null ? null : content.dtype(),
          event.changedElements(),
          event.maxAbs() == null ? null : Numbers.scientific(event.maxAbs()));
    }
    return table.lines(width);
  }

  private static String by(Event event) {
    if (event.kind() == null) {
      return null;
    }
    String verdict = "CLEAN".equals(event.verdict()) ? "" : ", " + event.verdict();
    return event.kind() + (event.cause() == null ? "" : ", " + event.cause()) + verdict;
  }
}
