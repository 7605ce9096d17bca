package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.qtrace.job.train.recipe.Forward;
import io.qtrace.job.train.recipe.LutScope;
import io.qtrace.job.train.recipe.Precision;
import io.qtrace.job.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestTrainSettings {
  private static final Map<String, String> PATHS =
      Map.of("checkpoint", "a.pt", "model", "m", "cache-dir", "c", "output-dir", "o");

  @TempDir Path folder;

  @Test
  void optionsChangeTheFileWhichChangesTheDefaults() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("r.yaml"),
            """
            {checkpoint: x.pt, model: m, cache-dir: c, output-dir: o, lr: 0.5, max-steps: 7,
             train-lut: true, lut-scope: mlp, forward: factored}
            """);
    TrainSettings settings =
        TrainSettings.load(
            Optional.of(file),
            Map.of("max-steps", 9, "mixed-precision", true, "lut-scope", LutScope.ATTN));
    assertThat(settings.checkpoint()).isEqualTo("x.pt");
    assertThat(settings.maxSteps()).isEqualTo(9);
    assertThat(settings.batchSize()).isEqualTo(2);
    Recipe recipe = settings.recipe();
    assertThat(recipe.rates().lr()).isEqualTo(0.5);
    assertThat(recipe.trained().lutScope()).isEqualTo(LutScope.ATTN);
    assertThat(recipe.forward()).isEqualTo(Forward.FACTORED);
    assertThat(recipe.precision()).isEqualTo(Precision.MIXED);
  }

  @Test
  void lutTrainsOnlyIfRequested() throws IOException {
    assertThat(TrainSettings.load(Optional.empty(), PATHS).recipe().trained().lutScope())
        .isEqualTo(LutScope.NONE);
  }

  @Test
  void unknownSettingsAreErrors() throws IOException {
    Path file = Files.writeString(folder.resolve("r.yaml"), "{max-step: 20}");
    assertThatThrownBy(() -> TrainSettings.load(Optional.of(file), PATHS))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "Invalid " + file + ": unknown setting 'max-step', expected one of checkpoint, model,");
  }

  @Test
  void namesInvalidValues() {
    refused("max-steps", 0, "Invalid max-steps: 0, expected 1 or more");
    refused("config", "fp4", "Invalid config: 'fp4', expected q<LUT bits>_r<scale rank>");
    refused("device", "tpu", "Invalid device: 'tpu', expected auto, cpu or cuda");
    refused("checkpoint", "", "Invalid checkpoint: nothing, expected the checkpoint to start from");
    refused("train-scales", false, "neither train-scales nor train-lut");
    refused("lr", "fast", "Invalid setting lr: ");
    refused("forward", "backward", "Invalid setting forward: ");
  }

  private static void refused(String setting, Object value, String reason) {
    Map<String, Object> options = new HashMap<>(PATHS);
    options.put(setting, value);
    assertThatThrownBy(() -> TrainSettings.load(Optional.empty(), options), setting)
        .hasMessageContaining(reason);
  }
}
