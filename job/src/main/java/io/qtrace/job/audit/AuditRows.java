package io.qtrace.job.audit;

import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.cause.QCause;
import io.qtrace.job.audit.cause.QExplanation;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.QChangeRow;
import io.qtrace.tensor.CheckpointIndex;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Rows of the lineage tables, of one audit. */
final class AuditRows {
  private final String auditId;
  private final Policy policy;

  AuditRows(String auditId, Policy policy) {
    this.auditId = auditId;
    this.policy = policy;
  }

  CheckpointRow readable(CheckpointFile file, CheckpointIndex index) {
    List<CheckpointRow.Skipped> skipped =
        index.skipped().stream()
            .map(tensor -> new CheckpointRow.Skipped(tensor.name(), tensor.reason()))
            .toList();
    return checkpoint(file, index.format(), index.tensors().size(), skipped, null);
  }

  CheckpointRow unreadable(CheckpointFile file, String reason) {
    return checkpoint(file, null, 0, List.of(), reason);
  }

  private CheckpointRow checkpoint(
      CheckpointFile file,
      String format,
      int tensors,
      List<CheckpointRow.Skipped> skipped,
      String error) {
    return new CheckpointRow(
        auditId,
        ContentId.of(file.stat()),
        file.path(),
        file.stat().uri(),
        file.run(),
        file.role().label(),
        file.stepIfKnown().isPresent() ? file.step() : null,
        format,
        file.stat().bytes(),
        Instant.ofEpochMilli(file.stat().modified()),
        file.stat().etag(),
        tensors,
        skipped,
        error);
  }

  EdgeRow edge(PlannedEdge edge, PairComparison pair, Judgement judgement) {
    List<TensorComparison> quantized =
        pair.of(Category.Q)
            .filter(tensor -> tensor.left().isPresent() && tensor.right().isPresent())
            .toList();
    List<LutMove> moves =
        judgement.lutMoves().stream().filter(move -> move.deltas().isPresent()).toList();
    return new EdgeRow(
        auditId,
        edge.ends().parentId(),
        edge.ends().childId(),
        edge.ends().parentPath(),
        edge.ends().childPath(),
        edge.kindLabel(judgement),
        edge.edge().evidenceLabels(),
        judgement.verdict().name(),
        pair.count(TensorStatus.IDENTICAL),
        pair.count(TensorStatus.EQUAL),
        pair.count(TensorStatus.CHANGED),
        pair.count(TensorStatus.RESHAPED),
        pair.count(TensorStatus.ADDED),
        pair.count(TensorStatus.REMOVED),
        quantized.size(),
        (int) quantized.stream().filter(TensorComparison::isChanged).count(),
        moves.size(),
        (int) moves.stream().filter(LutMove::isTrained).count(),
        judgement.findings(),
        judgement.notes(),
        policy.version(),
        policy.hash(),
        judgement.rulesHash());
  }

  List<QChangeRow> quantizedChanges(EdgeEnds ends, List<QChange> changes) {
    return changes.stream().map(change -> quantizedChange(ends, change)).toList();
  }

  private QChangeRow quantizedChange(EdgeEnds ends, QChange change) {
    QExplanation explanation = change.explanation();
    return new QChangeRow(
        auditId,
        ends.parentId(),
        ends.childId(),
        ends.parentPath(),
        ends.childPath(),
        change.layer(),
        change.quantized().status().name(),
        explanation.cause().map(QCause::name).orElse(null),
        explanation.residual().elements(),
        explanation.residual().first().orElse(null),
        explanation.drift().orElse(null),
        change.indicesChanged().orElse(null));
  }

  List<ChangeRow> changes(EdgeEnds ends, PairComparison pair) {
    return pair.tensors().stream()
        .filter(tensor -> tensor.status() != TensorStatus.IDENTICAL)
        .map(tensor -> change(ends, tensor))
        .toList();
  }

  private ChangeRow change(EdgeEnds ends, TensorComparison tensor) {
    Optional<TensorFacts> left = tensor.left();
    Optional<TensorFacts> right = tensor.right();
    Optional<DiffStats> stats = tensor.compared();
    return new ChangeRow(
        auditId,
        ends.parentId(),
        ends.childId(),
        ends.parentPath(),
        ends.childPath(),
        tensor.name(),
        tensor.category().label(),
        tensor.status().name(),
        left.map(facts -> facts.dtype().label()).orElse(null),
        right.map(facts -> facts.dtype().label()).orElse(null),
        left.map(facts -> facts.shape().sizes()).orElse(null),
        right.map(facts -> facts.shape().sizes()).orElse(null),
        stats.map(DiffStats::elements).orElse(null),
        stats.map(DiffStats::changedElements).orElse(null),
        stats.map(DiffStats::maxAbs).orElse(null),
        stats.map(DiffStats::meanAbs).orElse(null),
        stats.map(DiffStats::sumAbs).orElse(null),
        stats.map(DiffStats::firstChangedIndex).filter(index -> index >= 0).orElse(null),
        stats.flatMap(DiffStats::distinctDifferences).orElse(null),
        left.map(facts -> facts.stats().nan()).orElse(null),
        right.map(facts -> facts.stats().nan()).orElse(null),
        left.map(facts -> facts.stats().inf()).orElse(null),
        right.map(facts -> facts.stats().inf()).orElse(null),
        left.map(TensorFacts::fingerprint).orElse(null),
        right.map(TensorFacts::fingerprint).orElse(null));
  }
}
