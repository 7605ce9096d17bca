package io.qtrace.job.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.ReportedLines;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.ExistingRunPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("archive")
class TestExperiment {
  private static final Path CONFIG = Path.of("../conf/experiments/debug-lut-training.yaml");
  private static final String TRAINED = "runs/debug_lut_training_by_qtrace/checkpoint_step20.pt";

  @TempDir Path folder;
  private final ReportedLines reported = new ReportedLines();

  @Test
  void answersTheNotebooksQuestionsAndKeepsTheAnswer() throws Exception {
    Path root = Sample.copyTo(folder.resolve("drive"));
    SparkSession spark = LocalSpark.session(folder.resolve("w"));
    ExperimentSettings settings = ExperimentSettings.load(Optional.of(CONFIG), root.toString());
    Experiment.Outcome outcome = run(spark, settings);
    ExperimentReport report = outcome.report();

    assertThat(ExperimentText.lines(settings, outcome, 100))
        .contains(
            "=== Initial checkpoint ===",
            "123 tensors",
            "  q             14",
            "sample _Q: model.layers.0.self_attn.q_proj._Q",
            "  shape [64, 32], dtype float32, md5 f30c42ae5effc866",
            "=== Training ===",
            "=== What training changed ===",
            "123 common, 0 only left, 14 only right",
            "=== LUT training verification ===",
            "The LUT moved in 14 of 14 layers, compared with the LUT that the initial checkpoint implies.",
            "No stored .lut changed: during training, the LUT is computed from the deltas.",
            "=== Conclusion ===",
            "Training: 20 steps, LUT (all) + scales, from v2_initial.pt",
            "  LUT values:    0 changed",
            "  LUT deltas:    14 moved",
            "  Scale params:  42 changed",
            "  _Q buffers:    0 changed",
            "  _indices:      0 changed",
            "Verdict: CLEAN",
            "=== Bonus: training from the baked checkpoint ===",
            "_Q comparison (baked_step200.pt vs best_state_dict.pt):",
            "  Unchanged: 14",
            "=== Bonus: initial and baked checkpoint ===",
            "_Q comparison (v2_initial.pt vs baked_step200.pt):",
            "  Changed:   14");
    assertThat(report.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(report.run().steps()).hasSize(20);
    assertThat(report.run().finalLoss()).isLessThan(report.run().initialLoss());
    assertThat(Json.of(report))
        .contains("\"lut_trained\" : 14", "\"q_changed\" : 14", "\"verdict\" : \"CLEAN\"");

    List<Row> edges =
        spark
            .sql(
                "SELECT parent_path, kind, verdict, q_changed, lut_trained FROM"
                    + " lineage.qtrace.edges WHERE child_path = '"
                    + TRAINED.substring("runs/".length())
                    + "'")
            .collectAsList();
    assertThat(edges.toString())
        .isEqualTo("[[sr011-q4a4-FP4-init/v2_initial.pt,train,CLEAN,0,14]]");
    assertThat(spark.table(LineageTable.TRAIN_STEPS.tableName()).count()).isEqualTo(20);

    assertThat(bonusInTheTable(spark))
        .isEqualTo(
            "[[initial and baked checkpoint,v2_initial.pt,baked_step200.pt,0,0,14],"
                + " [training from the baked checkpoint,baked_step200.pt,best_state_dict.pt,0,14,0]]");

    // Again: nothing trains, nothing is added; and what is gone is named and passed over.
    reported.lines().clear();
    run(spark, settings);
    assertThat(reported.lines()).contains("run " + report.run().id() + " is finished already");
    assertThat(spark.table(LineageTable.TRAIN_STEPS.tableName()).count()).isEqualTo(20);
    assertThat(spark.table(LineageTable.EXPERIMENTS.tableName()).count()).isEqualTo(1);
    Files.delete(Path.of(settings.trainedFromBaked()));
    Experiment.Outcome without = run(spark, settings);
    assertThat(ExperimentText.lines(settings, without, 100))
        .containsSequence("Cannot compare - missing files:", "  " + settings.trainedFromBaked())
        .contains("  Changed:   14");
    assertThat(without.report().verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(bonusInTheTable(spark))
        .contains(
            "[training from the baked checkpoint,baked_step200.pt,best_state_dict.pt,1,null,null]");
  }

  // Of the last experiment; files by their last names.
  private static String bonusInTheTable(SparkSession spark) {
    return spark
        .sql(
            "SELECT b.title, element_at(split(b.left_checkpoint, '/'), -1),"
                + " element_at(split(b.right_checkpoint, '/'), -1), size(b.missing),"
                + " b.q_unchanged, b.q_changed FROM lineage.qtrace.experiments"
                + " LATERAL VIEW explode(bonus) AS b ORDER BY size(b.missing) DESC, b.title")
        .collectAsList()
        .toString();
  }

  @Test
  void refusesMistakesInTheFile() throws IOException {
    String good = Files.readString(CONFIG);
    refused(good.replace("max-steps", "max-step"), "unknown setting 'max-step'");
    refused(good.replace("bonus:", "bonuses:"), "bonuses");
    refused(
        good.replace("output-dir: runs/", "output-dir: elsewhere/"),
        "Invalid output-dir: %s/elsewhere/debug_lut_training_by_qtrace, expected a folder below"
            .formatted(folder));
  }

  private void refused(String yaml, String reason) throws IOException {
    Path file = Files.writeString(folder.resolve("e.yaml"), yaml);
    assertThatThrownBy(() -> ExperimentSettings.load(Optional.of(file), folder.toString()))
        .hasMessageContaining(reason);
  }

  private Experiment.Outcome run(SparkSession spark, ExperimentSettings settings)
      throws IOException {
    new LineageStore(spark).create();
    return new Experiment(
            spark, Settings.load(Optional.empty()), Policy.load(Optional.empty()), reported)
        .run(settings, ExistingRunPolicy.REPLACE);
  }
}
