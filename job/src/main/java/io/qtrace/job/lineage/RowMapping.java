package io.qtrace.job.lineage;

import io.qtrace.compare.TensorStats;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.QRecord;
import io.qtrace.job.judge.TensorChange;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.parents.Candidate;
import io.qtrace.job.parents.Dispute;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.Sketch;
import io.qtrace.job.parents.Transition;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Verdict;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.Category;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.PickledGlobal;
import io.qtrace.tensor.Shape;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Maps between rows and the model: the only place that knows both. */
final class RowMapping {
  private RowMapping() {}

  static TensorRow row(
      String auditId,
      String checkpointId,
      String path,
      int position,
      TensorFacts facts,
      Optional<String> section) {
    TensorStats stats = facts.stats();
    return new TensorRow(
        auditId,
        checkpointId,
        path,
        facts.name(),
        facts.category().label(),
        facts.dtype().label(),
        facts.shape().sizes(),
        facts.shape().elements(),
        facts.bytes(),
        facts.fingerprint(),
        new TensorRow.StatsRow(
            stats.min(),
            stats.max(),
            stats.sum(),
            stats.nan(),
            stats.inf(),
            stats.zeros(),
            stats.firstNotFinite() == TensorStats.NO_INDEX ? null : stats.firstNotFinite()),
        facts.values(),
        position,
        section.orElse(null),
        facts.norm().orElse(null),
        facts.indexCounts().orElse(null));
  }

  static TensorFacts facts(TensorRow row, CategoryRules categories) {
    TensorRow.StatsRow stats = row.stats();
    Category category = categories.of(row.name());
    return new TensorFacts(
        row.name(),
        category,
        DType.of(row.dtype()).orElseThrow(),
        new Shape(row.shape()),
        row.fingerprint(),
        new TensorStats(
            stats.min(),
            stats.max(),
            stats.sum(),
            stats.nan(),
            stats.inf(),
            stats.zeros(),
            stats.firstNotFinite() == null ? TensorStats.NO_INDEX : stats.firstNotFinite()),
        row.values(),
        Optional.ofNullable(row.norm()),
        Optional.ofNullable(row.indexCounts()),
        Optional.empty(),
        Optional.empty());
  }

  static InvariantRow row(String auditId, String checkpointId, String path, LayerInvariants layer) {
    Optional<LutCheckPartial> check = layer.check();
    return new InvariantRow(
        auditId,
        checkpointId,
        path,
        layer.layer(),
        layer.unchecked().orElse(null),
        check.map(LutCheckPartial::elements).orElse(null),
        layer.lutSize().orElse(null),
        check
            .map(LutCheckPartial::outside)
            .map(found -> new InvariantRow.OutsideRow(found.count(), first(found), value(found)))
            .orElse(null),
        check
            .map(LutCheckPartial::offGrid)
            .map(
                found ->
                    new InvariantRow.OffGridRow(
                        found.count(), first(found), value(found), expected(found)))
            .orElse(null),
        check
            .map(
                found ->
                    new InvariantRow.StaleRow(
                        found.stale().count(),
                        first(found.stale()),
                        value(found.stale()),
                        expected(found.stale()),
                        found.maxStale()))
            .orElse(null),
        layer
            .table()
            .map(
                table ->
                    new InvariantRow.TableRow(table.rising(), table.symmetric(), table.float16()))
            .orElse(null),
        layer.effectiveDrift().orElse(null));
  }

  private static Long first(Mismatches found) {
    return found.count() == 0 ? null : found.first();
  }

  private static Double value(Mismatches found) {
    return found.count() == 0 ? null : found.value();
  }

  private static Double expected(Mismatches found) {
    return found.count() == 0 ? null : found.expected();
  }

  static LayerInvariants invariants(InvariantRow row) {
    Optional<LutCheckPartial> check =
        row.unchecked() == null ? Optional.of(check(row)) : Optional.empty();
    return new LayerInvariants(
        row.layer(),
        Optional.ofNullable(row.unchecked()),
        check,
        Optional.ofNullable(row.lutSize()),
        Optional.ofNullable(row.table())
            .map(
                table ->
                    new LayerInvariants.Table(
                        table.lutRising(), table.lutSymmetric(), table.lutFloat16())),
        Optional.ofNullable(row.effectiveDrift()));
  }

  private static LutCheckPartial check(InvariantRow row) {
    InvariantRow.OffGridRow offGrid = row.offGrid();
    InvariantRow.StaleRow stale = row.stale();
    return new LutCheckPartial(
        row.elements(),
        deviations(
            row.outside().indicesOutside(),
            row.outside().firstOutside(),
            row.outside().outsideValue(),
            null),
        deviations(
            offGrid.offGrid(),
            offGrid.firstOffGrid(),
            offGrid.offGridValue(),
            offGrid.offGridExpected()),
        deviations(stale.stale(), stale.firstStale(), stale.staleValue(), stale.staleExpected()),
        stale.maxStale());
  }

  private static Mismatches deviations(long count, Long first, Double value, Double expected) {
    return count == 0
        ? Mismatches.NONE
        : new Mismatches(
            count,
            first,
            value == null ? Double.NaN : value,
            expected == null ? Double.NaN : expected);
  }

  static CheckpointRow row(KnownCheckpoint checkpoint) {
    CheckpointFile file = checkpoint.file();
    Optional<KnownCheckpoint.Contents> contents = checkpoint.contents();
    return new CheckpointRow(
        checkpoint.auditId(),
        checkpoint.id(),
        file.path(),
        file.stat().uri(),
        file.run(),
        file.role().label(),
        file.stepIfKnown().isPresent() ? file.step() : null,
        contents.map(KnownCheckpoint.Contents::format).orElse(null),
        file.stat().bytes(),
        Instant.ofEpochMilli(file.stat().modified()),
        file.stat().etag(),
        contents.map(KnownCheckpoint.Contents::tensors).orElse(0),
        contents.map(KnownCheckpoint.Contents::skipped).orElse(List.of()).stream()
            .map(skipped -> new CheckpointRow.SkippedRow(skipped.name(), skipped.reason()))
            .toList(),
        contents.map(KnownCheckpoint.Contents::notes).orElse(List.of()),
        checkpoint.error().orElse(null),
        contents.flatMap(KnownCheckpoint.Contents::sketch).map(RowMapping::sketch).orElse(null));
  }

  private static CheckpointRow.SketchRow sketch(Sketch sketch) {
    List<Double> projection = new ArrayList<>();
    for (float number : sketch.projection()) {
      projection.add((double) number);
    }
    return new CheckpointRow.SketchRow(
        Sketch.VERSION,
        sketch.content(),
        sketch.keys(),
        projection,
        sketch.trained(),
        sketch.shadow());
  }

  static KnownCheckpoint checkpoint(CheckpointRow row) {
    ObjectStat stat =
        new ObjectStat(row.uri(), row.bytes(), row.modified().toEpochMilli(), row.etag());
    CheckpointFile file =
        new CheckpointFile(
            stat,
            row.path(),
            row.run(),
            Role.valueOf(row.role().toUpperCase(Locale.ROOT)),
            row.step() == null ? CheckpointFile.NO_STEP : row.step());
    Optional<KnownCheckpoint.Contents> contents =
        row.error() != null
            ? Optional.empty()
            : Optional.of(
                new KnownCheckpoint.Contents(
                    row.format(),
                    row.tensors(),
                    row.skipped().stream()
                        .map(one -> new CheckpointIndex.Skipped(one.name(), one.reason()))
                        .toList(),
                    row.notes() == null ? List.of() : row.notes(),
                    Optional.ofNullable(row.sketch())
                        .filter(sketch -> sketch.version() == Sketch.VERSION)
                        .map(sketch -> sketch(sketch, row.tensors()))));
    return new KnownCheckpoint(
        row.auditId(), row.checkpointId(), file, contents, Optional.ofNullable(row.error()));
  }

  private static Sketch sketch(CheckpointRow.SketchRow row, int tensors) {
    float[] projection = new float[row.projection().size()];
    for (int i = 0; i < projection.length; i++) {
      projection[i] = row.projection().get(i).floatValue();
    }
    return new Sketch(
        row.content(),
        row.keys(),
        projection,
        row.trained(),
        tensors,
        Boolean.TRUE.equals(row.shadow()));
  }

  static EdgeRow row(String auditId, AuditedEdge edge) {
    EdgeCounts counts = edge.counts();
    return new EdgeRow(
        auditId,
        edge.ends(),
        edge.kind().label(),
        edge.parentPart().label(),
        edge.evidence(),
        edge.verdict().name(),
        counts.status(),
        counts.quantized(),
        counts.luts(),
        edge.trained(),
        edge.findings().stream().map(FindingRow::of).toList(),
        edge.notes(),
        new EdgeRow.RulesRow(edge.rules().version(), edge.rules().hash(), edge.rules().rulesHash()),
        weights(edge.weights()));
  }

  private static EdgeRow.WeightsRow weights(WeightsEvidence opinion) {
    Optional<WeightsEvidence.Shown> shown = opinion.edge();
    return new EdgeRow.WeightsRow(
        opinion.says().label(),
        shown.map(WeightsEvidence.Shown::parent).orElse(null),
        shown.map(WeightsEvidence.Shown::child).orElse(null),
        shown.map(edge -> edge.kind().label()).orElse(null),
        shown.map(WeightsEvidence.Shown::shared).orElse(null),
        shown.map(WeightsEvidence.Shown::changed).orElse(null),
        shown.map(WeightsEvidence.Shown::unexplained).orElse(null),
        opinion.steps().stream()
            .map(step -> new EdgeRow.StepRow(step.kind().label(), step.child()))
            .toList());
  }

  static RecordedEdge edge(EdgeRow row) {
    return new RecordedEdge(
        row.auditId(),
        new AuditedEdge(
            row.ends(),
            row.parentPart() == null
                ? ParentPart.WHOLE
                : ParentPart.valueOf(row.parentPart().toUpperCase(Locale.ROOT)),
            new EdgeKind(row.kind()),
            row.evidence(),
            Verdict.valueOf(row.verdict()),
            new EdgeCounts(row.status(), row.quantized(), row.luts()),
            row.trained(),
            row.findings().stream().map(FindingRow::finding).toList(),
            row.notes(),
            new AuditedEdge.Rules(
                row.rules().policyVersion(), row.rules().policyHash(), row.rules().rulesHash()),
            row.weights() == null ? null : opinion(row.weights())));
  }

  private static WeightsEvidence opinion(EdgeRow.WeightsRow row) {
    return new WeightsEvidence(
        WeightsEvidence.Says.valueOf(row.says().toUpperCase(Locale.ROOT)),
        row.parent() == null
            ? Optional.empty()
            : Optional.of(
                new WeightsEvidence.Shown(
                    row.parent(),
                    row.child(),
                    new EdgeKind(row.kind()),
                    row.shared(),
                    row.changed(),
                    row.unexplained())),
        row.steps().stream()
            .map(step -> new WeightsEvidence.Taken(new EdgeKind(step.kind()), step.child()))
            .toList());
  }

  static List<ChangeRow> changes(String auditId, EdgeResult result) {
    return result.changes().stream()
        .map(
            change ->
                new ChangeRow(
                    auditId,
                    result.edge().ends(),
                    change.name(),
                    change.category(),
                    change.status().name(),
                    side(change.left()),
                    side(change.right()),
                    difference(change.difference())))
        .toList();
  }

  private static ChangeRow.SideRow side(TensorChange.Side side) {
    return side == null
        ? null
        : new ChangeRow.SideRow(
            side.dtype(), side.shape(), side.nan(), side.inf(), side.fingerprint());
  }

  private static ChangeRow.DifferenceRow difference(TensorChange.Difference difference) {
    return difference == null
        ? null
        : new ChangeRow.DifferenceRow(
            difference.elements(),
            difference.changedElements(),
            difference.maxAbs(),
            difference.meanAbs(),
            difference.sumAbs(),
            difference.firstChanged(),
            difference.differences());
  }

  static List<QChangeRow> quantized(String auditId, EdgeResult result) {
    return result.quantized().stream().map(one -> quantized(auditId, result, one)).toList();
  }

  private static QChangeRow quantized(String auditId, EdgeResult result, QRecord one) {
    return new QChangeRow(
        auditId,
        result.edge().ends(),
        one.layer(),
        one.status().name(),
        one.explanation().cause().map(QCause::name).orElse(null),
        one.explanation().proof().name(),
        one.explanation().rounded().elements(),
        one.explanation().rounded().most(),
        one.explanation().residual().elements(),
        one.explanation().residual().first().orElse(null),
        one.explanation().drift().orElse(null),
        one.indicesChanged().orElse(null));
  }

  static CandidateRow row(
      String auditId, String method, Candidate candidate, Candidate.Transitions found) {
    return new CandidateRow(
        auditId,
        candidate.one(),
        candidate.other(),
        method,
        transition(found.forward()),
        transition(found.backward()));
  }

  private static CandidateRow.TransitionRow transition(Transition found) {
    return new CandidateRow.TransitionRow(
        found.kind().label(),
        found.shared(),
        found.changed(),
        found.unexplained(),
        found.invented(),
        found.distance(),
        found.proof(),
        found.plausible(),
        found.mixed(),
        found.mends(),
        found.groups());
  }

  static Candidate.Transitions transitions(CandidateRow row) {
    return new Candidate.Transitions(transition(row.forward()), transition(row.backward()));
  }

  static GlobalRow row(String auditId, String checkpointId, String path, PickledGlobal global) {
    return new GlobalRow(
        auditId,
        checkpointId,
        path,
        global.file(),
        global.pickle(),
        global.position(),
        global.module(),
        global.name(),
        global.judgement().label());
  }

  static PickledGlobal global(GlobalRow row) {
    return new PickledGlobal(
        row.uri(),
        row.pickle(),
        row.position(),
        row.module(),
        row.name(),
        PickledGlobal.Judgement.valueOf(row.judgement().toUpperCase(Locale.ROOT)));
  }

  static DisputeRow row(String auditId, String method, Dispute dispute, Dispute.Ruling ruling) {
    return new DisputeRow(
        auditId,
        dispute.inferred(),
        dispute.declared(),
        dispute.child(),
        method,
        ruling.unexplained(),
        ruling.invented(),
        ruling.kept());
  }

  static Dispute dispute(DisputeRow row) {
    return new Dispute(row.inferredId(), row.declaredId(), row.childId());
  }

  static Dispute.Ruling ruling(DisputeRow row) {
    return new Dispute.Ruling(row.unexplained(), row.invented(), row.kept());
  }

  private static Transition transition(CandidateRow.TransitionRow row) {
    return new Transition(
        new EdgeKind(row.kind()),
        row.shared(),
        row.changed(),
        row.unexplained(),
        row.invented(),
        row.distance(),
        row.proof(),
        row.plausible(),
        row.mixed() != null && row.mixed(),
        row.mends() != null && row.mends(),
        row.groups() == null ? List.of() : row.groups());
  }
}
