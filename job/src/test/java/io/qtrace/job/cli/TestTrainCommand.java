package io.qtrace.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qtrace.job.Sample;
import io.qtrace.job.train.TrainRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The researchers' debug run, by qtrace: what PyTorch did is in debug_fp32.json. */
class TestTrainCommand {
  private static final double LOSS_TOLERANCE = 4e-4; // that of the run in TestTraining
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path GOLDEN = Path.of("src/test/resources/training/debug_fp32.json");
  private static final Path THEIRS = Sample.RUNS.resolve("debug_lut_training");

  @TempDir Path folder;

  @Test
  void debugRunIsThatOfPyTorch() throws Exception {
    Path run = folder.resolve("runs/debug");
    CommandRun trained = train(run, "--format", "json");
    assertThat(trained.err()).contains("qtrace: training 20 steps on 1 task");
    assertThat(trained.status()).isZero();
    JsonNode golden = JSON.readTree(GOLDEN.toFile());
    JsonNode steps = JSON.readTree(trained.out()).get("steps");
    assertThat(steps).hasSize(20);
    for (int i = 0; i < 20; i++) {
      JsonNode step = steps.get(i);
      close(step.get("loss"), golden.get("loss").get(i), LOSS_TOLERANCE);
      close(step.get("gradient_norm"), golden.get("grad_norm").get(i), 1e-3);
      close(step.get("lr"), golden.get("lr").get(i).get(0), 1e-12);
      close(step.get("lut_lr"), golden.get("lr").get(i).get(1), 1e-12);
    }
    Path checkpoint = run.resolve("checkpoint_step20.pt");
    assertThat(TrainRuns.distance(checkpoint, THEIRS.resolve("checkpoint_step20.pt")))
        .isLessThan(1e-4);
    assertThat(TrainRuns.distance(checkpoint, run.resolve("best_state_dict.pt"))).isZero();
    logIsTheirs(run);
    configurationIsTheirs(run);
    stepsAreInTheTableOnce(run);
  }

  private static void close(JsonNode ours, JsonNode theirs, double tolerance) {
    double expected = theirs.asDouble();
    assertThat(ours.asDouble()).isCloseTo(expected, within(tolerance * Math.abs(expected)));
  }

  // step,train_loss,eval_loss,lr,elapsed_sec
  private static void logIsTheirs(Path run) throws IOException {
    List<String> ours = Files.readAllLines(run.resolve("training_log.csv"));
    List<String> theirs = Files.readAllLines(THEIRS.resolve("training_log.csv"));
    assertThat(ours).hasSameSizeAs(theirs);
    assertThat(ours.get(0)).isEqualTo(theirs.get(0));
    for (int row = 1; row < ours.size(); row++) {
      String[] left = ours.get(row).split(",");
      String[] right = theirs.get(row).split(",");
      assertThat(left[0] + left[3]).isEqualTo(right[0] + right[3]);
      for (int column : new int[] {1, 2}) {
        assertThat(left[column].isEmpty()).isEqualTo(right[column].isEmpty());
        if (!left[column].isEmpty()) {
          double expected = Double.parseDouble(right[column]);
          assertThat(Double.parseDouble(left[column]))
              .isCloseTo(expected, within(LOSS_TOLERANCE * expected));
        }
      }
    }
  }

  private static void configurationIsTheirs(Path run) throws IOException {
    ObjectNode ours = (ObjectNode) JSON.readTree(run.resolve("config.json").toFile());
    ObjectNode theirs = (ObjectNode) JSON.readTree(THEIRS.resolve("config.json").toFile());
    close(ours.remove("final_loss"), theirs.remove("final_loss"), LOSS_TOLERANCE);
    assertThat(ours.remove("source_checkpoint").asText())
        .endsWith(theirs.remove("source_checkpoint").asText());
    assertThat(ours.remove(List.of("train_lut", "train_scales", "lut_scope"))).isNotNull();
    assertThat(ours).isEqualTo(theirs);
  }

  private void stepsAreInTheTableOnce(Path run) throws IOException {
    CommandRun again = train(run);
    assertThat(again.status()).isZero();
    assertThat(again.err()).contains("is finished already");
    assertThat(again.out())
        .contains("LUT (all) + scales", "0.122909 before, 0.1104", "Lowest loss after step 20.");
    CommandRun rows =
        CommandRun.of(
            "sql",
            "-e",
            "SELECT count(*) AS n, count(DISTINCT audit_id) AS runs, min(step) AS first,"
                + " max(step) AS last, min(tokens) AS tokens, round(min(loss), 4) AS loss"
                + " FROM train_steps WHERE tokens_per_second > 0",
            "--format",
            "json",
            "--warehouse",
            folder.resolve("w").toString());
    assertThat(rows.out())
        .isEqualToIgnoringWhitespace(
            """
            [{"n": 20, "runs": 1, "first": 1, "last": 20, "tokens": 48, "loss": 0.1104}]
            """);
  }

  @Test
  void exitsTwoWhenASettingIsUnknown() throws IOException {
    Path recipe = Files.writeString(folder.resolve("r.yaml"), "{max-step: 20}");
    CommandRun run = CommandRun.of("train", "--recipe", recipe.toString());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .hasLineCount(1)
        .startsWith("qtrace: Invalid " + recipe + ": unknown setting 'max-step', expected one of");
    assertThat(CommandRun.of("train", "--max-step", "20").err())
        .startsWith("qtrace: Unknown option");
    assertThat(CommandRun.of("train").err())
        .isEqualTo(
            "qtrace: Invalid checkpoint: nothing, expected the checkpoint to start from"
                + " (--checkpoint)\n");
  }

  @Test
  void missingFilesAreNamedBeforeAnythingTrains() {
    CommandRun run =
        train(folder.resolve("r"), "--cache-dir", folder.resolve("none").toString(), "--quiet");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .hasLineCount(1)
        .startsWith("qtrace: Cannot find KD cache: tried file:" + folder.resolve("none"));
  }

  @Test
  void everySettingIsAnOption() throws IOException {
    String help = CommandRun.of("train", "--help").out();
    assertThat(Files.readAllLines(Path.of("../conf/train.yaml")))
        .filteredOn(line -> line.matches("[a-z].*"))
        .hasSize(32)
        .map(line -> line.substring(0, line.indexOf(':')))
        .allSatisfy(option -> assertThat(help).containsPattern("--(\\[no-\\])?" + option + "\\b"));
  }

  private CommandRun train(Path run, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "train",
                "--checkpoint",
                Sample.run("sr011-q4a4-FP4-init/v2_initial.pt"),
                "--model",
                Sample.ARCHIVE.resolve("base-model").toString(),
                "--output-dir",
                run.toString(),
                "--config",
                "q4_r32",
                "--max-steps",
                "20",
                "--batch-size",
                "2",
                "--accumulation-steps",
                "1",
                "--warmup-steps",
                "5",
                "--train-lut",
                "--lut-scope",
                "all",
                "--lut-max-abs",
                "2.0",
                "--lut-lr",
                "1e-5",
                "--lr",
                "2e-5",
                "--hard-top1",
                "0.0",
                "--hard-full",
                "0.0",
                "--save-steps",
                "20",
                "--eval-steps",
                "0",
                "--no-mixed-precision",
                "--no-shuffle",
                "--forward",
                "factored",
                "--warehouse",
                folder.resolve("w").toString()));
    if (!Arrays.asList(more).contains("--cache-dir")) {
      args.add("--cache-dir");
      args.add(Sample.ARCHIVE.resolve("caches/two_examples_L24_K16_R8").toString());
    }
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }
}
