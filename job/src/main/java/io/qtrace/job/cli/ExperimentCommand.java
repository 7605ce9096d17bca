package io.qtrace.job.cli;

import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.experiment.ExperimentSettings;
import io.qtrace.job.experiment.ExperimentText;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.Rerun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "experiment",
    description =
        "Trains a few steps from a checkpoint, compares what came out with what went in, and says"
            + " whether training changed what it may not.",
    footerHeading = "%n",
    footer = {
      "The archive is audited in the end, so that all of it is in the tables: train_steps,",
      "experiments, edges, changes, q_changes. A finished run that would be the same again is"
          + " taken",
      "as it is; another run that qtrace trained in the output folder is removed.",
      "",
      "Examples:",
      "  qtrace experiment --config conf/experiments/debug-lut-training.yaml --root /data/qwen3",
      "  qtrace experiment --config mine.yaml --format json"
    })
final class ExperimentCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The experiment, as conf/experiments/debug-lut-training.yaml.")
  private Path config;

  @Option(
      names = "--root",
      paramLabel = "URI",
      defaultValue = ".",
      description = "Folder that paths of the file are below; default: the working folder.")
  private String root;

  @Option(names = "--overwrite", description = "Train again, whatever the output folder has.")
  private boolean overwrite;

  @Mixin private PolicyOption policy;
  @Mixin private SettingsOption settings;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy rules = policy.read();
    Settings how = settings.read();
    ExperimentSettings experiment = ExperimentSettings.load(Optional.of(config), root);
    try (SparkSession spark = warehouse.open()) {
      Experiment.Outcome outcome =
          new Experiment(spark, how, rules, progress)
              .run(experiment, overwrite ? Rerun.RETRAIN : Rerun.REPLACE);
      output.print(
          width -> ExperimentText.lines(experiment, outcome, width),
          () -> Json.of(outcome.report()));
      return ExitStatus.of(outcome.report().verdict());
    }
  }
}
