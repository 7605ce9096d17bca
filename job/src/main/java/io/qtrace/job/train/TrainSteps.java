package io.qtrace.job.train;

import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.TrainStepRow;
import java.util.List;

/** The table {@code train_steps}. */
public final class TrainSteps {
  private TrainSteps() {}

  /** Writes a run's steps, replacing those that the same run wrote before. */
  public static void write(LineageStore lineage, TrainRun run) {
    lineage.create();
    List<TrainStepRow> rows =
        run.steps().stream()
            .map(
                step ->
                    new TrainStepRow(
                        run.id(),
                        run.outputDir(),
                        run.configuration().sourceCheckpoint(),
                        step.step(),
                        step.loss(),
                        step.gradientNorm(),
                        step.lr(),
                        step.lutLr(),
                        step.tokens(),
                        step.tokensPerSecond()))
            .toList();
    lineage.replace(LineageTable.TRAIN_STEPS, TrainStepRow.class, run.id(), rows);
  }
}
