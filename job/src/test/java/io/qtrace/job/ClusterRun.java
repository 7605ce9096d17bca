package io.qtrace.job;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.conf.Sessions;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.experiment.ExperimentSettings;
import io.qtrace.job.experiment.ExperimentText;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.train.ExistingRunPolicy;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.apache.spark.sql.SparkSession;

/** A process that runs an experiment and then audits, on the executors of one application. */
final class ClusterRun {
  private ClusterRun() {}

  /**
   * Arguments: a file of Spark's settings, an experiment's configuration and its root, then pairs
   * of an archive and the folder of its tables.
   */
  public static void main(String[] args) throws IOException {
    Properties settings = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of(args[0]))) {
      settings.load(in);
    }
    System.getProperties().putAll(settings);
    try (SparkSession spark = Sessions.open(Optional.empty())) {
      new LineageStore(spark).create();
      experiment(spark, Path.of(args[1]), args[2]);
      for (int i = 3; i < args.length; i += 2) {
        SparkSession tables = LocalSpark.withTables(spark.newSession(), Path.of(args[i + 1]));
        new Audit(tables, settings(), policy(), Progress.NONE).run(args[i]);
      }
    }
  }

  private static void experiment(SparkSession spark, Path config, String root) throws IOException {
    ExperimentSettings experiment = ExperimentSettings.load(Optional.of(config), root);
    Experiment.Outcome outcome =
        new Experiment(spark, settings(), policy(), Progress.NONE)
            .run(experiment, ExistingRunPolicy.REPLACE);
    ExperimentText.lines(experiment, outcome, 100).forEach(System.out::println);
  }

  private static Settings settings() throws IOException {
    return Settings.load(Optional.empty());
  }

  private static Policy policy() throws IOException {
    return Policy.load(Optional.empty());
  }
}
