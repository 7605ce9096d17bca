package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.compare.DiffStats;
import io.qtrace.compare.TensorStatus;
import io.qtrace.job.audit.Judgement;
import io.qtrace.job.audit.Verdict;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorComparison;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.FindingRow;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code diff --format json} prints; tensors by name. */
public record DiffDocument(
    String left,
    String right,
    String kind,
    Map<TensorStatus, Integer> summary,
    Verdict verdict,
    List<FindingRow> findings,
    List<String> notes,
    List<Tensor> tensors) {
  public static DiffDocument of(
      String left, String right, PairComparison pair, Judgement judgement) {
    return new DiffDocument(
        left,
        right,
        judgement.kind().label(),
        pair.summary(),
        judgement.verdict(),
        judgement.findings(),
        judgement.notes(),
        pair.tensors().stream()
            .sorted(Comparator.comparing(TensorComparison::name))
            .map(Tensor::of)
            .toList());
  }

  /** One tensor name; the numbers are over all elements, {@code |left - right|}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Tensor(
      String name,
      String category,
      TensorStatus status,
      String leftDtype,
      String rightDtype,
      List<Long> leftShape,
      List<Long> rightShape,
      Long elements,
      Long changedElements,
      Double maxAbs,
      Double meanAbs,
      Double sumAbs,
      Long firstChanged,
      List<Double> differences,
      String leftFingerprint,
      String rightFingerprint,
      @JsonProperty("left_md5_16") String leftMd5,
      @JsonProperty("right_md5_16") String rightMd5) {
    static Tensor of(TensorComparison tensor) {
      Optional<TensorFacts> left = tensor.left();
      Optional<TensorFacts> right = tensor.right();
      Optional<DiffStats> stats = tensor.compared();
      return new Tensor(
          tensor.name(),
          tensor.category().label(),
          tensor.status(),
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
          left.map(TensorFacts::fingerprint).orElse(null),
          right.map(TensorFacts::fingerprint).orElse(null),
          left.flatMap(TensorFacts::md5).orElse(null),
          right.flatMap(TensorFacts::md5).orElse(null));
    }
  }
}
