package io.qtrace.job.train;

import java.io.Serializable;
import java.util.List;

/**
 * A finished run, as {@code train --format json} prints it.
 *
 * @param id of its plan, {@code audit_id} of its rows in the table {@code train_steps}
 * @param files written to its folder
 * @param best step whose state is in {@code best_state_dict.pt}; 0 if none improved on the start
 *     and there is no such file
 */
public record TrainRun(
    String id,
    String outputDir,
    RunConfiguration configuration,
    List<String> files,
    Double initialLoss,
    Double finalLoss,
    int best,
    double tokensPerSecond,
    double seconds,
    List<StepRecord> steps)
    implements Serializable {
  public TrainRun {
    files = List.copyOf(files);
    steps = List.copyOf(steps);
  }
}
