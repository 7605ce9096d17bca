package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.LayerChange;
import io.qtrace.job.judge.LutMove;
import io.qtrace.job.judge.QChange;
import io.qtrace.job.judge.TensorChange;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation.Proof;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerLut;
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
    List<Finding> findings,
    List<String> notes,
    List<Layer> layers,
    List<TensorChange> others) {
  /**
   * A kind that was tested.
   *
   * @param unexplained number of tensors whose change this kind does not explain
   * @param example one of them
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Kind(String kind, int unexplained, String example) {}

  /**
   * One quantized layer.
   *
   * @param deltasMoved largest |change| of a delta, compared with those implied by the parent's LUT
   *     if the parent has none
   * @param effectiveMoved largest |change| of a value of the LUT that training uses, before it is
   *     snapped to float16
   * @param casts tensors in another dtype
   * @param invariants of the child
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
      List<TensorChange> scales,
      List<String> casts,
      Invariants invariants) {}

  /** A {@code _Q}; residual and first counterexample as in the table {@code q_changes}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Quantized(
      TensorStatus status,
      String cause,
      long residual,
      Long firstCounterexample,
      Proof proof,
      long rounded,
      long roundedUlps,
      Double drift,
      Long elements,
      Long changedElements,
      Double maxAbs,
      Double meanAbs) {}

  /**
   * The LUT of one side.
   *
   * @param effective the one computed from the deltas; the stored one if there are none
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
        ExplainText.kindReason(outcome),
        outcome.judgement().outcome().fits().stream().map(ExplainDocument::kind).toList(),
        outcome.pair().summary(),
        outcome.judgement().verdict(),
        outcome.judgement().findings(),
        outcome.judgement().notes(),
        layers.stream().map(ExplainDocument::layer).toList(),
        outcome.others().stream()
            .sorted(Comparator.comparing(TensorComparison::name))
            .map(TensorChange::of)
            .toList());
  }

  private static Kind kind(Classifier.Fit fit) {
    return new Kind(
        fit.operation().kind().label(),
        fit.unexplained().size(),
        fit.unexplained().stream().findFirst().map(Classifier.Unexplained::tensor).orElse(null));
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
        change.of(Category.SCALE).map(TensorChange::of).toList(),
        change.casts(),
        change.quantized().flatMap(QChange::child).map(Invariants::of).orElse(null));
  }

  private static Quantized quantized(QChange change) {
    Optional<DiffStats> stats = change.quantized().compared();
    return new Quantized(
        change.quantized().status(),
        change.explanation().cause().map(QCause::name).orElse(null),
        change.explanation().residual().elements(),
        change.explanation().residual().first().orElse(null),
        change.explanation().proof(),
        change.explanation().rounded().elements(),
        change.explanation().rounded().most(),
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
