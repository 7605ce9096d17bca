package io.qtrace.job.report;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.TensorChange;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.tensor.CheckpointIndex;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What {@code diff --format json} prints; tensors by name. */
public record DiffDocument(
    String left,
    String right,
    String kind,
    Map<TensorStatus, Integer> summary,
    Verdict verdict,
    List<Finding> findings,
    List<String> notes,
    List<TensorChange> tensors,
    List<Skipped> skipped) {
  /**
   * A tensor or other content that cannot be compared.
   *
   * @param side left or right
   */
  public record Skipped(String side, String name, String reason) {
    static Stream<Skipped> of(String side, List<CheckpointIndex.Skipped> all) {
      return all.stream().map(one -> new Skipped(side, one.name(), one.reason()));
    }
  }

  public static DiffDocument of(String left, String right, Diff.Outcome outcome) {
    PairComparison pair = outcome.pair();
    Judgement judgement = outcome.judgement();
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
            .toList(),
        Stream.concat(
                Skipped.of("left", outcome.skippedLeft()),
                Skipped.of("right", outcome.skippedRight()))
            .toList());
  }
}
