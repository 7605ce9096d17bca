package io.qtrace.job.cli;

import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.experiment.ExperimentSettings;
import io.qtrace.job.experiment.ExperimentText;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.ExistingRunPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "experiment",
    description =
        "Trains a few steps from a checkpoint, compares the result with the start, and reports whether"
            + " training changed tensors that it must not change.",
    footerHeading = "%n",
    footer = {
      "Finally audits the archive; results are in the tables train_steps, experiments, edges,",
      "changes and q_changes. A finished run with the same settings is reused; any other run that",
      "qtrace trained in the output folder is removed.",
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
      description =
          "Settings of the experiment in YAML; conf/experiments/debug-lut-training.yaml is an example.")
  private Path config;

  @Option(
      names = "--root",
      paramLabel = "URI",
      defaultValue = ".",
      description =
          "Folder that relative paths in --config are resolved against; default: the working folder.")
  private String root;

  @Option(
      names = "--overwrite",
      description =
          "Train again even if the output folder has a finished run with the same settings.")
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
    try (OpenSession session = warehouse.open()) {
      Experiment.Outcome outcome =
          new Experiment(session.spark(), how, rules, progress)
              .run(experiment, overwrite ? ExistingRunPolicy.RETRAIN : ExistingRunPolicy.REPLACE);
      output.print(
          width -> ExperimentText.lines(experiment, outcome, width),
          () -> Json.of(outcome.report()));
      return ExitStatus.of(outcome.report().verdict());
    }
  }
}
