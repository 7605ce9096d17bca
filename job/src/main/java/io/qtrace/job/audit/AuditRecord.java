package io.qtrace.job.audit;

import static org.apache.spark.sql.functions.col;

import io.qtrace.job.lineage.AuditRow;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.QChangeRow;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The rows of one audit: its own, and those of earlier audits that it stands on. */
final class AuditRecord {
  private final LineageStore lineage;
  private final String id;
  private final List<CheckpointRow> checkpoints = new ArrayList<>();
  private final Set<CheckpointRow> leftOut = new HashSet<>();
  private final List<TensorRow> tensors = new ArrayList<>();
  private final List<InvariantRow> invariants = new ArrayList<>();
  private final List<EdgeRow> edges = new ArrayList<>();
  private final List<EdgeRow> knownEdges = new ArrayList<>(); // those of them that are not new
  private final List<ChangeRow> changes = new ArrayList<>();
  private final List<QChangeRow> quantizedChanges = new ArrayList<>();
  private final Progress progress;
  private int written; // tables

  AuditRecord(LineageStore lineage, String id, Progress progress) {
    this.lineage = lineage;
    this.id = id;
    this.progress = progress;
  }

  void addKnown(CheckpointRow checkpoint) {
    checkpoints.add(checkpoint);
  }

  /** A checkpoint that is reported, and not written. */
  void addLeftOut(CheckpointRow checkpoint) {
    checkpoints.add(checkpoint);
    leftOut.add(checkpoint);
  }

  void add(CheckpointRow checkpoint, List<TensorRow> itsTensors, List<InvariantRow> itsLayers) {
    checkpoints.add(checkpoint);
    tensors.addAll(itsTensors);
    invariants.addAll(itsLayers);
  }

  void addKnown(EdgeRow edge) {
    edges.add(edge);
    knownEdges.add(edge);
  }

  void add(EdgeRow edge, List<ChangeRow> itsChanges, List<QChangeRow> itsQ) {
    edges.add(edge);
    changes.addAll(itsChanges);
    quantizedChanges.addAll(itsQ);
  }

  String id() {
    return id;
  }

  List<CheckpointRow> checkpoints() {
    return checkpoints;
  }

  List<EdgeRow> edges() {
    return edges;
  }

  /** Of the checkpoints that are new, by the checkpoint's id. */
  Map<String, List<InvariantRow>> newInvariants() {
    return invariants.stream().collect(Collectors.groupingBy(InvariantRow::checkpointId));
  }

  /** Every {@code _Q} of all edges, those that earlier audits compared too. */
  List<QChangeRow> allQuantizedChanges() {
    Set<String> earlier = new HashSet<>();
    Set<List<String>> wanted = new HashSet<>();
    for (EdgeRow edge : knownEdges) {
      earlier.add(edge.auditId());
      wanted.add(List.of(edge.auditId(), edge.parentId(), edge.childId()));
    }
    List<QChangeRow> all = new ArrayList<>(quantizedChanges);
    if (!earlier.isEmpty()) {
      lineage
          .read(
              LineageTable.Q_CHANGES,
              QChangeRow.class,
              col("audit_id").isInCollection(List.copyOf(earlier)))
          .stream()
          .filter(row -> wanted.contains(List.of(row.auditId(), row.parentId(), row.childId())))
          .forEach(all::add);
    }
    return all;
  }

  /** How many checkpoints no earlier audit had read. */
  int checkpointsRead() {
    return newCheckpoints().size();
  }

  private List<CheckpointRow> newCheckpoints() {
    return checkpoints.stream()
        .filter(row -> row.auditId().equals(id) && !leftOut.contains(row))
        .toList();
  }

  /** Writes a table whose rows count only with those of another before that one. */
  void writeRows() {
    List<EdgeRow> newEdges = edges.stream().filter(row -> row.auditId().equals(id)).toList();
    write(LineageTable.TENSORS, TensorRow.class, tensors);
    write(LineageTable.INVARIANTS, InvariantRow.class, invariants);
    write(LineageTable.CHECKPOINTS, CheckpointRow.class, newCheckpoints());
    write(LineageTable.CHANGES, ChangeRow.class, changes);
    write(LineageTable.Q_CHANGES, QChangeRow.class, quantizedChanges);
    write(LineageTable.EDGES, EdgeRow.class, newEdges);
  }

  /** Writes the audit itself, last of all: with it the audit is finished. */
  void writeAudit(AuditRow audit) {
    write(LineageTable.AUDITS, AuditRow.class, List.of(audit));
    showWritten();
  }

  private void showWritten() {
    progress.show(Stage.of("writing", "tables", written, LineageTable.values().length));
  }

  private <R extends Record> void write(LineageTable table, Class<R> type, List<R> rows) {
    showWritten();
    lineage.replace(table, type, id, rows);
    written++;
  }
}
