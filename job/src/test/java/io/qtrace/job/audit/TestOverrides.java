package io.qtrace.job.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.qtrace.compare.Measure;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs with other expectations, selected by their config.json or their names. */
@Tag("archive")
class TestOverrides {
  private static final String INITIAL = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");
  private static final Path TRAINING = Path.of("src/test/resources/training");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lutonly_fp32_step10 | {}                                           | | ",
        "lutonly_fp32_step10 | {\"train_scales\": false}                    | | no-scales: train_scales is false in config.json",
        "lutonly_fp32_step10 | {\"lut_only\": true}                         | | lut-only: lut_only is true in config.json",
        "lutonly_fp32_step10 | {\"train_lut\": false}                       | lut_deltas-never 14, effective_lut-never 14 | no-lut: train_lut is false in config.json",
        "strong_fp32_step6   | {}                                           | | ",
        "strong_fp32_step6   | {\"lut_scope\": \"mlp\"}                      | | lut-of-mlp-only: lut_scope is \"mlp\" in config.json",
        "strong_fp32_step6   | {\"lut_scope\": \"attn\"}                    | lut_deltas-never 6, effective_lut-never 6 | lut-of-attention-only: lut_scope is \"attn\" in config.json",
        "debug_head_fp32_step20 | {}                                        | lut_deltas-must 14, effective_lut-must 14 | ",
      })
  void configSaysWhatARunTrains(String file, String config, String findings, String override)
      throws IOException {
    Path checkpoint = Files.copy(TRAINING.resolve(file + ".pt"), folder.resolve(file + ".pt"));
    Files.writeString(folder.resolve("config.json"), config);
    Judgement judgement = judge(checkpoint);
    assertThat(judgement.kind()).isEqualTo(Train.KIND);
    assertThat(rules(judgement)).isEqualTo(findings == null ? "" : findings);
    assertThat(judgement.verdict()).isEqualTo(findings == null ? Verdict.CLEAN : Verdict.VIOLATION);
    assertThat(judgement.notes())
        .filteredOn(note -> note.startsWith("policy override "))
        .isEqualTo(
            override == null
                ? List.of()
                : List.of(override.replaceFirst("([^:]+): ", "policy override '$1' applies: ")));
  }

  @Test
  void reportsThatTheLutDidNotTrain() throws IOException {
    assertThat(judge(TRAINING.resolve("debug_head_fp32_step20.pt")).findings())
        .extracting(finding -> finding.message())
        .contains(
            "the LUT did not train in 14 of 14 layers on an edge of kind train, such as"
                + " model.layers.0.self_attn.q_proj");
  }

  @Test
  void aConfigThatCannotBeReadIsNoted() throws IOException {
    Path file = folder.resolve("checkpoint_step20.pt");
    Files.copy(Path.of(Sample.run("debug_lut_training/checkpoint_step20.pt")), file);
    Files.writeString(folder.resolve("config.json"), "[1]");
    assertThat(judge(file).notes())
        .contains("Invalid config.json: expected an object; overrides of the policy may be missed");
  }

  @Test
  void anAuditReevaluatesARunWhoseConfigChanged() throws IOException {
    SparkSession spark = LocalSpark.session(folder.resolve("lineage"));
    Path archive = folder.resolve("archive");
    Path run = Files.createDirectories(archive.resolve("runs/lut"));
    Path parent = Files.createDirectories(archive.resolve("runs/start"));
    Files.copy(Path.of(INITIAL), parent.resolve("v2_initial.pt"));
    Files.copy(TRAINING.resolve("lutonly_fp32_step10.pt"), run.resolve("checkpoint_step10.pt"));
    String source = "\"source_checkpoint\": \"runs/start/v2_initial.pt\"";
    Files.writeString(run.resolve("config.json"), "{\"train_lut\": false, " + source + "}");
    Policy policy = Policy.load(Optional.empty());
    AuditReport before = audit(spark, archive, policy);
    assertThat(before.verdict()).isEqualTo(Verdict.VIOLATION);

    Files.writeString(run.resolve("config.json"), "{\"train_scales\": false, " + source + "}");
    AuditReport after = audit(spark, archive, policy);
    assertThat(after.verdict()).isEqualTo(Verdict.CLEAN);
    assertThat(after.size().checkpointsRead()).isZero();
    assertThat(after.edges().get(0).edge().notes())
        .contains("policy override 'no-scales' applies: train_scales is false in config.json");

    Files.writeString(run.resolve("config.json"), "{" + source + "}");
    Path named = folder.resolve("policy.yaml");
    Files.writeString(
        named,
        Files.readString(Path.of("../conf/policy.yaml"))
            .replace("config: {lut_only: true}", "runs: [\"*/lut\"]"));
    assertThat(audit(spark, archive, Policy.load(Optional.of(named))).edges())
        .extracting(edge -> edge.edge().verdict(), edge -> edge.edge().notes().get(0))
        .containsExactly(
            tuple(Verdict.CLEAN, "policy override 'lut-only' applies: the run matches */lut"));
  }

  private static AuditReport audit(SparkSession spark, Path archive, Policy policy)
      throws IOException {
    return new Audit(spark, Settings.load(Optional.empty()), policy, Progress.NONE)
        .run(archive.toString());
  }

  private static String rules(Judgement judgement) {
    return String.join(
        ", ",
        judgement.findings().stream()
            .map(finding -> finding.rule() + " " + finding.tensors())
            .toList());
  }

  private static Judgement judge(Path child) throws IOException {
    return new Diff(
            LocalSpark.context(), Settings.load(Optional.empty()), Policy.load(Optional.empty()))
        .run(INITIAL, child.toString(), Optional.empty(), EnumSet.noneOf(Measure.class))
        .judgement();
  }
}
