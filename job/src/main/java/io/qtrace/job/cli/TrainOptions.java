package io.qtrace.job.cli;

import io.qtrace.job.conf.LayeredSettings;
import io.qtrace.job.train.TrainSettings;
import io.qtrace.job.train.recipe.Forward;
import io.qtrace.job.train.recipe.LutScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Every setting of {@code conf/train.yaml} as an option of the same name. Only options that were
 * given override a recipe file; picocli alone uses the fields.
 */
@SuppressWarnings("unused")
final class TrainOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description =
          "YAML file of settings, such as a copy of conf/train.yaml; command-line options take"
              + " precedence.")
  private Path recipe;

  @Option(
      names = "--checkpoint",
      paramLabel = "URI",
      description =
          "Quantized checkpoint (the student) to start training from. Required here or in --recipe,"
              + " as are --model, --cache-dir and --output-dir.")
  private String checkpoint;

  @Option(
      names = "--model",
      paramLabel = "URI|NAME",
      description =
          "Architecture of the student: a Hugging Face folder with config.json, whose weights"
              + " complete the checkpoint where it lacks tensors; or Qwen3-0.6B, Qwen3-1.7B or Qwen3-4B,"
              + " with sizes inferred from the checkpoint.")
  private String model;

  @Option(
      names = "--cache-dir",
      paramLabel = "URI",
      description =
          "Knowledge distillation (KD) cache, the teacher's logits on the training examples: a folder"
              + " with meta.json and shard files, or a .tgz of it.")
  private String cacheDir;

  @Option(
      names = "--cache-source",
      paramLabel = "URI",
      description =
          "Folder with the KD cache, as NAME or as NAME.tgz, to copy it from if --cache-dir, which"
              + " ends in NAME, does not exist.")
  private String cacheSource;

  @Option(
      names = "--output-dir",
      paramLabel = "URI",
      description = "Folder to write checkpoints, training_log.csv and config.json to.")
  private String outputDir;

  @Option(
      names = "--config",
      paramLabel = "qB_rR",
      description =
          "Quantization config of the student: LUT bits and largest scale rank; default q4_r32.")
  private String config;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description = "Number of optimizer steps; default 1000.")
  private Integer maxSteps;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Examples per micro-batch and replica; default 2.")
  private Integer batchSize;

  @Option(
      names = "--accumulation-steps",
      paramLabel = "N",
      description = "Micro-batches accumulated per optimizer step; default 1.")
  private Integer accumulationSteps;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description =
          "Number of steps in which the learning rates rise linearly from 0 (warm-up); default 0.")
  private Integer warmupSteps;

  @Option(
      names = "--train-scales",
      negatable = true,
      description =
          "Train the scales of each layer: scale_A, scale_B and rank_magnitude; default true.")
  private Boolean trainScales;

  @Option(
      names = "--train-lut",
      negatable = true,
      description = "Train the LUT of each layer (its _lut_raw_deltas); default false.")
  private Boolean trainLut;

  @Option(
      names = "--lut-scope",
      paramLabel = "all|mlp|attn",
      description =
          "Layers whose LUTs are trained with --train-lut: all, mlp or attn; default all.")
  private LutScope lutScope;

  @Option(
      names = "--lut-max-abs",
      paramLabel = "X",
      description = "Largest absolute value that a trained LUT can have; default 2.0.")
  private Double lutMaxAbs;

  @Option(
      names = "--lut-lr",
      paramLabel = "X",
      description = "Peak learning rate of the LUT deltas; default 1e-5.")
  private Double lutLr;

  @Option(
      names = "--lr",
      paramLabel = "X",
      description = "Peak learning rate of the scales; default 2e-5.")
  private Double lr;

  @Option(
      names = "--min-lr-ratio",
      paramLabel = "X",
      description =
          "Learning rate of the last step as a fraction of the peak (cosine decay); default 0.1.")
  private Double minLrRatio;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Decoupled weight decay of AdamW; default 0.0.")
  private Double weightDecay;

  @Option(
      names = "--clip",
      paramLabel = "X",
      description = "Maximum global norm of the gradients (gradient clipping); default 1.0.")
  private Double clip;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description =
          "Softmax temperature of the distillation loss (KL divergence to the teacher); default 2.0.")
  private Double temperature;

  @Option(
      names = "--hard-top1",
      paramLabel = "X",
      description =
          "Weight of the cross-entropy loss with the teacher's most likely token as the label; default 0.0.")
  private Double hardTop1;

  @Option(
      names = "--hard-full",
      paramLabel = "X",
      description =
          "Additional weight of the same cross-entropy loss; added to --hard-top1; default 0.0.")
  private Double hardFull;

  @Option(
      names = "--save-steps",
      paramLabel = "N",
      description =
          "Save a checkpoint every N steps, from which a failed run resumes; default 0: only after"
              + " the last step.")
  private Integer saveSteps;

  @Option(
      names = "--eval-steps",
      paramLabel = "N",
      description =
          "Evaluate the loss every N steps, in addition to once before and once after training;"
              + " default 0: only then.")
  private Integer evalSteps;

  @Option(
      names = "--eval-examples",
      paramLabel = "N",
      description = "Number of examples used to evaluate the loss; default 40.")
  private Integer evalExamples;

  @Option(
      names = "--log-steps",
      paramLabel = "N",
      description = "Write a row of training_log.csv every N steps; default 20.")
  private Integer logSteps;

  @Option(
      names = "--mixed-precision",
      negatable = true,
      description = "Compute matrix products in bfloat16 (mixed precision); default false.")
  private Boolean mixedPrecision;

  @Option(
      names = "--forward",
      paramLabel = "factored|materialized",
      description =
          "How quantized layers are computed: factored rounds as the target device does; materialized"
              + " multiplies with one weight matrix, which is faster; default materialized.")
  private Forward forward;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description =
          "Device to train on: cpu, cuda, or auto (the GPU that Spark assigned to the task, else the"
              + " CPU); default auto.")
  private String device;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description =
          "Number of data-parallel replicas; each step processes one batch per replica; default 1.")
  private Integer replicas;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Random seed for shuffling the examples; default 0.")
  private Long seed;

  @Option(
      names = "--shuffle",
      negatable = true,
      description = "Shuffle the examples in each epoch; default true.")
  private Boolean shuffle;

  /** The settings: defaults, overridden by the recipe file, overridden by the options. */
  TrainSettings read() throws IOException {
    LayeredSettings defaults = LayeredSettings.of(TrainSettings.RESOURCE);
    Map<String, Object> given = new LinkedHashMap<>();
    for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName().substring(2);
      if (defaults.has(name)) {
        given.put(name, option.getValue());
      }
    }
    return TrainSettings.load(Optional.ofNullable(recipe), given);
  }
}
