package io.qtrace.job.report;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.TensorChange;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What {@code diff --format json} prints; tensors by name. */
public record DiffDocument(
    String left,
    String right,
    String kind,
    Map<TensorStatus, Integer> summary,
    Verdict verdict,
    List<Finding> findings,
    List<String> notes,
    List<TensorChange> tensors) {
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
            .map(TensorChange::of)
            .toList());
  }
}
