package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.lineage.TensorRecords;
import io.qtrace.job.lineage.TensorRecords.EdgeKey;
import io.qtrace.job.lineage.TensorRecords.Version;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Every content that one tensor has had in an archive, in order of time, with each checkpoint after
 * its parent.
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
   * A checkpoint whose content differs from its parent's.
   *
   * @param modified when it was written, ISO 8601
   * @param event {@code new}, {@code returns} to an earlier content, or {@code lost}
   * @param kind of the edge that changed it; null for a root
   * @param from the edge's parent
   * @param verdict of the edge
   * @param status of the tensor on that edge
   * @param cause of the change of a {@code _Q}, proved by recomputation
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Event(
      String path,
      String modified,
      String event,
      String fingerprint,
      String kind,
      String from,
      Verdict verdict,
      TensorStatus status,
      String cause,
      Long changedElements,
      Double maxAbs,
      Long residual,
      Double drift) {}

  /** The history in one archive; without contents if it has no such tensor. */
  public static TensorHistory of(String tensor, AuditedArchive archive, TensorRecords records) {
    return new Reading(tensor, archive, records).history();
  }

  private static final class Reading {
    private final String tensor;
    private final AuditedArchive archive;
    private final LineageTree tree;
    private final TensorRecords records;
    private final Map<Version, Content> seen = new LinkedHashMap<>();
    private final List<Event> events = new ArrayList<>();

    Reading(String tensor, AuditedArchive archive, TensorRecords records) {
      this.tensor = tensor;
      this.archive = archive;
      this.tree = LineageTree.of(archive);
      this.records = records;
    }

    TensorHistory history() {
      Map<String, List<LineageTree.Node>> children = new HashMap<>();
      Map<String, KnownCheckpoint> known = new HashMap<>();
      archive.checkpoints().forEach(one -> known.put(one.id(), one));
      PriorityQueue<LineageTree.Node> open =
          new PriorityQueue<>(
              Comparator.comparing((LineageTree.Node node) -> modified(known, node))
                  .thenComparing(node -> step(known, node))
                  .thenComparing(LineageTree.Node::path));
      for (LineageTree.Node node : tree.checkpoints()) {
        if (node.edge() == null) {
          open.add(node);
        } else {
          children
              .computeIfAbsent(node.edge().edge().ends().parentId(), id -> new ArrayList<>())
              .add(node);
        }
      }
      while (!open.isEmpty()) {
        LineageTree.Node node = open.remove();
        add(node, modified(known, node));
        open.addAll(children.getOrDefault(node.id(), List.of()));
      }
      return new TensorHistory(
          tree.archive(), tree.auditId(), tensor, List.copyOf(seen.values()), events);
    }

    private static Instant modified(Map<String, KnownCheckpoint> known, LineageTree.Node node) {
      return known.containsKey(node.id())
          ? Instant.ofEpochMilli(known.get(node.id()).file().stat().modified())
          : Instant.EPOCH;
    }

    private static long step(Map<String, KnownCheckpoint> known, LineageTree.Node node) {
      return known.containsKey(node.id())
          ? known.get(node.id()).file().step()
          : CheckpointFile.NO_STEP;
    }

    private void add(LineageTree.Node node, Instant modified) {
      Version version = records.versions().get(node.id());
      Version before =
          node.edge() == null ? null : records.versions().get(node.edge().edge().ends().parentId());
      if (version == null) {
        if (before != null) {
          events.add(event(node, modified, "lost", null));
        }
        return;
      }
      boolean isNew = !seen.containsKey(version);
      seen.merge(
          version,
          new Content(version.fingerprint(), version.dtype(), version.shape(), node.path(), 1),
          (one, more) ->
              new Content(
                  one.fingerprint(), one.dtype(), one.shape(), one.first(), one.checkpoints() + 1));
      if (isNew || (before != null && !before.equals(version))) {
        events.add(event(node, modified, isNew ? "new" : "returns", version.fingerprint()));
      }
    }

    private Event event(LineageTree.Node node, Instant modified, String what, String fingerprint) {
      Optional<AuditedEdge> edge = Optional.ofNullable(node.edge()).map(RecordedEdge::edge);
      Optional<EdgeKey> key = Optional.ofNullable(node.edge()).map(EdgeKey::of);
      Optional<TensorRecords.Change> change = key.map(records.changes()::get);
      Optional<TensorRecords.Quantized> quantized = key.map(records.quantized()::get);
      return new Event(
          node.path(),
          modified.toString(),
          what,
          fingerprint,
          edge.map(found -> found.kind().label()).orElse(null),
          node.parent(),
          edge.map(AuditedEdge::verdict).orElse(null),
          change.map(TensorRecords.Change::status).orElse(null),
          quantized.flatMap(TensorRecords.Quantized::cause).orElse(null),
          change.flatMap(TensorRecords.Change::changedElements).orElse(null),
          change.flatMap(TensorRecords.Change::maxAbs).orElse(null),
          quantized.map(TensorRecords.Quantized::residual).orElse(null),
          quantized.flatMap(TensorRecords.Quantized::drift).orElse(null));
    }
  }

  /** A line per event. */
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
    String verdict = event.verdict() == Verdict.CLEAN ? "" : ", " + event.verdict();
    return event.kind() + (event.cause() == null ? "" : ", " + event.cause()) + verdict;
  }
}
