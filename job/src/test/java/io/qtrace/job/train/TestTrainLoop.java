package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.qtrace.job.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica that fails and goes on. */
class TestTrainLoop {
  private static final TrainLoop.Place ALONE = new TrainLoop.Place(0, "cpu", mine -> mine);

  @TempDir Path folder;
  private final List<Integer> reported = new ArrayList<>();

  @Test
  void failedRunResumesFromItsLastStateWithTheSameResult() throws IOException {
    Map<String, Integer> often = Map.of("save-steps", 2, "eval-steps", 3, "log-steps", 2);
    Path whole = folder.resolve("whole");
    TrainRun undisturbed = run(TrainRuns.settings(whole, often), 0);

    Path disturbed = folder.resolve("disturbed");
    TrainSettings settings = TrainRuns.settings(disturbed, often);
    assertThatThrownBy(() -> run(settings, 1)).hasMessage("killed at step 1");
    assertThatThrownBy(() -> run(settings, 5)).hasMessage("killed at step 5");
    assertThat(disturbed.resolve(".train/state_step4.pt")).exists();
    assertThat(disturbed.resolve(".train/state_step2.pt")).doesNotExist();
    reported.clear();
    TrainRun resumed = run(settings, 0);

    assertThat(reported).containsExactly(5, 6);
    assertThat(resumed.files())
        .isEqualTo(undisturbed.files())
        .contains("checkpoint_step2.pt", "checkpoint_step4.pt", "checkpoint_step6.pt");
    for (String file : resumed.files()) {
      if (file.endsWith(".pt")) {
        assertThat(disturbed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
      }
    }
    assertThat(resumed.steps().stream().map(StepRecord::losses))
        .isEqualTo(undisturbed.steps().stream().map(StepRecord::losses).toList());
    assertThat(resumed.steps().stream().map(StepRecord::gradientNorm).toList())
        .isEqualTo(undisturbed.steps().stream().map(StepRecord::gradientNorm).toList());
    assertThat(resumed.finalLoss()).isEqualTo(undisturbed.finalLoss());
    assertThat(resumed.best()).isEqualTo(undisturbed.best());
    assertThat(disturbed.resolve(".train/state_step4.pt")).doesNotExist();
  }

  @Test
  void seedDecidesTheOrder() throws IOException {
    TrainRun one = run(TrainRuns.settings(folder.resolve("one"), Map.of("max-steps", 2)), 0);
    TrainRun two =
        run(TrainRuns.settings(folder.resolve("two"), Map.of("max-steps", 2, "seed", 1)), 0);
    assertThat(two.steps().get(0).loss()).isNotEqualTo(one.steps().get(0).loss());
    assertThat(two.initialLoss()).isEqualTo(one.initialLoss());
  }

  @Test
  void accumulatedMicroBatchesAreTheExamplesOfOneLargeBatch() throws IOException {
    Map<String, Integer> once = Map.of("max-steps", 3, "batch-size", 4);
    TrainRun large = run(TrainRuns.settings(folder.resolve("one"), once), 0);
    Map<String, Integer> twice = Map.of("max-steps", 3, "batch-size", 2, "accumulation-steps", 2);
    TrainRun small = run(TrainRuns.settings(folder.resolve("two"), twice), 0);

    for (int i = 0; i < 3; i++) {
      StepRecord expected = large.steps().get(i);
      StepRecord step = small.steps().get(i);
      assertThat(step.losses()).hasSize(2);
      assertThat(step.loss()).isCloseTo(expected.loss(), withinPercentage(1e-3));
      assertThat(step.gradientNorm()).isCloseTo(expected.gradientNorm(), withinPercentage(1e-2));
    }
  }

  @Test
  void checksTheCheckpointAgainstThePreset() throws IOException {
    TrainSettings narrow = TrainRuns.settings(folder, Map.of("config", "q4_r8"));
    assertThatThrownBy(() -> TrainRuns.plan(narrow))
        .hasMessage(
            "Invalid config: rank 8, but 'model.layers.0.mlp.gate_proj.rank_magnitude' has 16");
    TrainSettings bits = TrainRuns.settings(folder, Map.of("config", "q2_r32"));
    assertThatThrownBy(() -> TrainRuns.plan(bits))
        .hasMessage(
            "Invalid config: 2 LUT bits, but 'model.layers.0.self_attn.q_proj.lut' has 16 entries");
  }

  @Test
  void presetStandsInForConfigJson() throws IOException {
    TrainRun named =
        run(
            TrainRuns.settings(folder.resolve("a"), Map.of("max-steps", 2, "model", "Qwen3-0.6B")),
            0);
    TrainRun read = run(TrainRuns.settings(folder.resolve("b"), Map.of("max-steps", 2)), 0);

    assertThat(named.steps().stream().map(StepRecord::losses))
        .hasSize(2)
        .isEqualTo(read.steps().stream().map(StepRecord::losses).toList());
  }

  @Test
  void checksTheCheckpointAgainstConfigJson() throws IOException {
    String json = Files.readString(Sample.ARCHIVE.resolve("base-model/config.json"));
    Path config =
        Files.writeString(
            folder.resolve("config.json"),
            json.replace("\"intermediate_size\": 80", "\"intermediate_size\": 96"));
    TrainSettings settings =
        TrainRuns.settings(folder.resolve("a"), Map.of("model", folder.toString()));
    assertThatThrownBy(() -> TrainRuns.plan(settings))
        .hasMessageStartingWith("Invalid checkpoint: ")
        .hasMessageEndingWith(
            "v2_initial.pt has 'model.layers.0.mlp.gate_proj._indices' of the shape [80, 32],"
                + " expected [96, 32], as file:%s has it",
            config);
  }

  private TrainRun run(TrainSettings settings, int killedAt) throws IOException {
    return new TrainLoop(
            TrainRuns.STORE,
            TrainRuns.plan(settings),
            ALONE,
            step -> {
              reported.add(step.step());
              if (step.step() == killedAt) {
                throw new IllegalStateException("killed at step " + killedAt);
              }
            })
        .run();
  }
}
