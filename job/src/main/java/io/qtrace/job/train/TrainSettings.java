package io.qtrace.job.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.io.SafeText;
import io.qtrace.job.conf.LayeredSettings;
import io.qtrace.job.train.recipe.DistillationLossConfig;
import io.qtrace.job.train.recipe.Forward;
import io.qtrace.job.train.recipe.LrSchedule;
import io.qtrace.job.train.recipe.LutScope;
import io.qtrace.job.train.recipe.Precision;
import io.qtrace.job.train.recipe.Preset;
import io.qtrace.job.train.recipe.Recipe;
import io.qtrace.job.train.recipe.TrainableParameters;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * All settings of a training run; {@code conf/train.yaml} has the defaults and what each setting
 * means.
 */
public record TrainSettings(
    @JsonProperty("checkpoint") String checkpoint,
    @JsonProperty("model") String model,
    @JsonProperty("cache-dir") String cacheDir,
    @JsonProperty("cache-source") String cacheSource,
    @JsonProperty("output-dir") String outputDir,
    @JsonProperty("config") String config,
    @JsonProperty("train-scales") boolean trainScales,
    @JsonProperty("train-lut") boolean trainLut,
    @JsonProperty("lut-scope") LutScope lutScope,
    @JsonProperty("lut-max-abs") double lutMaxAbs,
    @JsonProperty("max-steps") int maxSteps,
    @JsonProperty("batch-size") int batchSize,
    @JsonProperty("accumulation-steps") int accumulationSteps,
    @JsonProperty("warmup-steps") int warmupSteps,
    @JsonProperty("lr") double lr,
    @JsonProperty("lut-lr") double lutLr,
    @JsonProperty("min-lr-ratio") double minLrRatio,
    @JsonProperty("weight-decay") double weightDecay,
    @JsonProperty("clip") double clip,
    @JsonProperty("temperature") double temperature,
    @JsonProperty("hard-top1") double hardTop1,
    @JsonProperty("hard-full") double hardFull,
    @JsonProperty("save-steps") int saveSteps,
    @JsonProperty("eval-steps") int evalSteps,
    @JsonProperty("eval-examples") int evalExamples,
    @JsonProperty("log-steps") int logSteps,
    @JsonProperty("forward") Forward forward,
    @JsonProperty("mixed-precision") boolean mixedPrecision,
    @JsonProperty("device") String device,
    @JsonProperty("replicas") int replicas,
    @JsonProperty("seed") long seed,
    @JsonProperty("shuffle") boolean shuffle)
    implements Serializable {
  /** The built-in file with all defaults. */
  public static final String RESOURCE = "train.yaml";

  public TrainSettings {
    requirePath("checkpoint", checkpoint, "the checkpoint to start from");
    requirePath("model", model, "a folder with config.json, or Qwen3-0.6B, Qwen3-1.7B, Qwen3-4B");
    requirePath("cache-dir", cacheDir, "a KD cache");
    requirePath("output-dir", outputDir, "the folder of the run");
    ConfigPreset.of(config);
    if (!trainScales && !trainLut) {
      throw new IllegalArgumentException(
          "Invalid training: neither train-scales nor train-lut, expected at least one");
    }
    if (trainLut && lutScope == LutScope.NONE) {
      throw new IllegalArgumentException("Invalid lut-scope: none, expected all, mlp or attn");
    }
    requireAtLeast("max-steps", maxSteps, 1);
    requireAtLeast("batch-size", batchSize, 1);
    requireAtLeast("accumulation-steps", accumulationSteps, 1);
    requireAtLeast("warmup-steps", warmupSteps, 0);
    requireAtLeast("save-steps", saveSteps, 0);
    requireAtLeast("eval-steps", evalSteps, 0);
    requireAtLeast("eval-examples", evalExamples, 1);
    requireAtLeast("log-steps", logSteps, 1);
    requireAtLeast("replicas", replicas, 1);
    if (!device.matches("auto|cpu|cuda")) {
      throw new IllegalArgumentException(
          "Invalid device: " + SafeText.quoted(device) + ", expected auto, cpu or cuda");
    }
  }

  /**
   * The defaults, overridden by a YAML file, then by options.
   *
   * @throws IOException if a setting is unknown, missing or wrong
   */
  public static TrainSettings load(Optional<Path> file, Map<String, ?> options) throws IOException {
    LayeredSettings settings = LayeredSettings.of(RESOURCE);
    if (file.isPresent()) {
      settings = settings.with(file.get());
    }
    return settings.with(options).as(TrainSettings.class);
  }

  /** Whether a model is a preset that qtrace knows by name. */
  public static boolean isPreset(String model) {
    return Preset.of(model).isPresent();
  }

  /** The recipe with these settings. */
  public Recipe recipe() {
    return new Recipe(
        new TrainableParameters(trainScales, trainLut ? lutScope : LutScope.NONE, lutMaxAbs),
        new LrSchedule(lr, lutLr, weightDecay, warmupSteps, maxSteps, minLrRatio, clip),
        new DistillationLossConfig(temperature, hardTop1, hardFull),
        forward,
        mixedPrecision ? Precision.MIXED : Precision.FLOAT32);
  }

  /** Micro-batches of one step on all replicas together. */
  public int microBatches() {
    return accumulationSteps * replicas;
  }

  private static void requirePath(String setting, String path, String what) {
    if (path == null || path.isBlank()) {
      throw new IllegalArgumentException(
          "Invalid %s: nothing, expected %s (--%s)".formatted(setting, what, setting));
    }
  }

  private static void requireAtLeast(String setting, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Invalid %s: %d, expected %d or more".formatted(setting, value, least));
    }
  }
}
