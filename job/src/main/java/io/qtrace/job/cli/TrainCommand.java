package io.qtrace.job.cli;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.ReadLimits;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.report.TrainText;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.ExistingRunPolicy;
import io.qtrace.job.train.TrainPlan;
import io.qtrace.job.train.TrainPlanner;
import io.qtrace.job.train.TrainRun;
import io.qtrace.job.train.TrainSettings;
import io.qtrace.job.train.TrainStage;
import io.qtrace.job.train.TrainSteps;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    description =
        "Trains the LUTs and scales of a quantized checkpoint by distillation from a teacher's logits"
            + " (KD cache), in a Spark task, on a GPU if executors have one.",
    footerHeading = "%n",
    footer = {
      "conf/train.yaml explains all settings together. The output folder receives",
      "checkpoint_stepN.pt, best_state_dict.pt (lowest loss), training_log.csv and config.json.",
      "A failed task, or the same command run again, resumes from the last saved step. Losses and",
      "learning rates of all steps are in the table train_steps.",
      "",
      "Examples:",
      "  qtrace train --checkpoint v2_initial.pt --model base-model --cache-dir caches/alpaca \\",
      "    --output-dir runs/debug --train-lut --max-steps 20 --warmup-steps 5",
      "  qtrace train --recipe nightly.yaml --output-dir s3a://bucket/runs/n1 --replicas 4"
    })
final class TrainCommand implements Callable<Integer> {
  @Mixin private TrainOptions options;

  @Option(
      names = "--overwrite",
      description = "Replace an existing run in the output folder, finished or not.")
  private boolean overwrite;

  @Mixin private SettingsOption how;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    TrainSettings settings = options.read();
    ReadLimits limits = how.read().limits().limits();
    try (OpenSession session = warehouse.open()) {
      JavaSparkContext context = session.context();
      ObjectStore store = new ObjectStore(limits.addTo(context.hadoopConfiguration()));
      TrainPlan plan = new TrainPlanner(store, progress).plan(settings);
      TrainRun run =
          new TrainStage(context, progress)
              .run(plan, overwrite ? ExistingRunPolicy.RETRAIN : ExistingRunPolicy.KEEP);
      TrainSteps.write(new LineageStore(session.spark()), run);
      output.print(width -> TrainText.lines(run, settings), () -> Json.of(run));
      return ExitStatus.CLEAN;
    }
  }
}
