package io.qtrace.job.train;

import java.io.Serializable;
import java.util.List;

/**
 * A finished run, as {@code train --format json} prints it.
 *
 * @param id of its plan, under which the table {@code train_steps} has its steps
 * @param files that it wrote into its folder
 * @param best step whose state {@code best_state_dict.pt} holds; 0 where none was better than the
 *     start, and there is no such file
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
