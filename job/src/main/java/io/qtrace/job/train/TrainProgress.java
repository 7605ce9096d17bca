package io.qtrace.job.train;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * What a run has done so far.
 *
 * @param steps every step from the first
 * @param log rows of {@code training_log.csv}
 * @param bestLoss lowest loss of an evaluation
 * @param bestStep step of that evaluation, 0 for the one before training
 * @param seconds of training, including earlier attempts
 */
public record TrainProgress(
    List<StepRecord> steps, List<LogRow> log, double bestLoss, int bestStep, double seconds)
    implements Serializable {
  static final TrainProgress NONE =
      new TrainProgress(List.of(), List.of(), Double.POSITIVE_INFINITY, 0, 0);

  public TrainProgress {
    steps = List.copyOf(steps);
    log = List.copyOf(log);
  }

  /** Loss on the examples of evaluations before the first step. */
  public Optional<Double> initialLoss() {
    return log.stream().filter(row -> row.evalLoss() != null).findFirst().map(LogRow::evalLoss);
  }

  /** The loss of the last evaluation. */
  public Optional<Double> finalLoss() {
    return log.stream()
        .filter(row -> row.evalLoss() != null)
        .reduce((first, last) -> last)
        .map(LogRow::evalLoss);
  }

  /** Tokens a second over all steps, without evaluations and saving. */
  public double tokensPerSecond() {
    double seconds = steps.stream().mapToDouble(StepRecord::seconds).sum();
    long tokens = steps.stream().mapToLong(StepRecord::tokens).sum();
    return seconds > 0 ? tokens / seconds : 0;
  }
}
