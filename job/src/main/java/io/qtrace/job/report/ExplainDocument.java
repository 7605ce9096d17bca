package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.audit.Diff;
import io.qtrace.job.audit.LayerChange;
import io.qtrace.job.audit.LutMove;
import io.qtrace.job.audit.QChange;
import io.qtrace.job.audit.Verdict;
import io.qtrace.job.audit.cause.LayerLut;
import io.qtrace.job.audit.cause.QCause;
import io.qtrace.job.audit.parents.KindTest;
import io.qtrace.job.audit.policy.Category;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.job.lineage.FindingRow;
import io.qtrace.job.lineage.InvariantRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code explain --format json} prints; layers and tensors by name. */
public record ExplainDocument(
    String left,
    String right,
    String kind,
    String kindReason,
    List<Kind> kinds,
    Map<TensorStatus, Integer> summary,
    Verdict verdict,
    List<FindingRow> findings,
    List<String> notes,
    List<Layer> layers,
    List<DiffDocument.Tensor> others) {
  /**
   * A kind that was tested.
   *
   * @param unexplained tensors that changed otherwise than that kind changes them
   * @param example one of them
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Kind(String kind, int unexplained, String example) {}

  /**
   * One quantized layer.
   *
   * @param deltasMoved largest |change| of a delta, against those that the parent's LUT implies
   *     where it has none
   * @param effectiveMoved largest |change| of a value of the LUT that training uses, before it is
   *     snapped to float16
   * @param casts tensors in another dtype
   * @param invariants of the child; its audit, checkpoint and path are empty
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Layer(
      String layer,
      Quantized quantized,
      Lut lutBefore,
      Lut lutAfter,
      Double deltasMoved,
      Double effectiveMoved,
      TensorStatus indices,
      Long indicesChanged,
      List<DiffDocument.Tensor> scales,
      List<String> casts,
      InvariantRow invariants) {}

  /** A {@code _Q}; residual and first counterexample as in table {@code q_changes}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Quantized(
      TensorStatus status,
      String cause,
      long residual,
      Long firstCounterexample,
      Double drift,
      Long elements,
      Long changedElements,
      Double maxAbs,
      Double meanAbs) {}

  /**
   * The LUT of one side.
   *
   * @param effective the one that the deltas give; the stored one where there are none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Lut(List<Double> stored, List<Double> effective, List<Double> deltas) {}

  public static ExplainDocument of(String left, String right, Diff.Outcome outcome) {
    List<LayerChange> layers =
        outcome.layers().stream().sorted(Comparator.comparing(LayerChange::layer)).toList();
    return new ExplainDocument(
        left,
        right,
        outcome.judgement().kind().label(),
        outcome.kindReason(),
        outcome.kindTests().stream().map(ExplainDocument::kind).toList(),
        outcome.pair().summary(),
        outcome.judgement().verdict(),
        outcome.judgement().findings(),
        outcome.judgement().notes(),
        layers.stream().map(ExplainDocument::layer).toList(),
        outcome.others().stream()
            .sorted(Comparator.comparing(TensorComparison::name))
            .map(DiffDocument.Tensor::of)
            .toList());
  }

  private static Kind kind(KindTest test) {
    return new Kind(
        test.kind().label(),
        test.unexplained().size(),
        test.unexplained().stream().findFirst().orElse(null));
  }

  private static Layer layer(LayerChange change) {
    Optional<TensorComparison> indices = change.of(Category.INDICES).findFirst();
    return new Layer(
        change.layer(),
        change.quantized().map(ExplainDocument::quantized).orElse(null),
        change.before().map(ExplainDocument::lut).orElse(null),
        change.after().map(ExplainDocument::lut).orElse(null),
        change.move().flatMap(LutMove::deltas).orElse(null),
        change.move().map(LutMove::effective).orElse(null),
        indices.map(TensorComparison::status).orElse(null),
        indices.flatMap(TensorComparison::compared).map(DiffStats::changedElements).orElse(null),
        change.of(Category.SCALE).map(DiffDocument.Tensor::of).toList(),
        change.casts(),
        change.quantized().flatMap(QChange::child).orElse(null));
  }

  private static Quantized quantized(QChange change) {
    Optional<DiffStats> stats = change.quantized().compared();
    return new Quantized(
        change.quantized().status(),
        change.explanation().cause().map(QCause::name).orElse(null),
        change.explanation().residual().elements(),
        change.explanation().residual().first().orElse(null),
        change.explanation().drift().orElse(null),
        stats.map(DiffStats::elements).orElse(null),
        stats.map(DiffStats::changedElements).orElse(null),
        stats.map(DiffStats::maxAbs).orElse(null),
        stats.map(DiffStats::meanAbs).orElse(null));
  }

  private static Lut lut(LayerLut lut) {
    return new Lut(
        doubles(lut.lut().values()),
        doubles(lut.effective().values()),
        lut.deltas().map(deltas -> doubles(deltas.logits())).orElse(null));
  }

  private static List<Double> doubles(float[] values) {
    List<Double> doubles = new ArrayList<>();
    for (float value : values) {
      doubles.add((double) value);
    }
    return doubles;
  }
}
