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
 * Every setting of {@code conf/train.yaml} as an option of the same name. The fields are for
 * picocli alone: what counts is which options were given, so that they change a recipe file and
 * leave the rest of it.
 */
@SuppressWarnings("unused")
final class TrainOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description =
          "YAML file of settings, like conf/train.yaml; command-line options take precedence.")
  private Path recipe;

  @Option(
      names = "--checkpoint",
      paramLabel = "URI",
      description = "Quantized checkpoint (the student) to start training from.")
  private String checkpoint;

  @Option(
      names = "--model",
      paramLabel = "URI|NAME",
      description =
          "Architecture of the student, and tensors that the checkpoint lacks: a Hugging Face"
              + " folder with config.json; or Qwen3-0.6B, Qwen3-1.7B or Qwen3-4B, with sizes inferred"
              + " from the checkpoint.")
  private String model;

  @Option(
      names = "--cache-dir",
      paramLabel = "URI",
      description =
          "KD cache with the teacher's logits: a folder with meta.json and shard_*.pt, or a .tgz of it.")
  private String cacheDir;

  @Option(
      names = "--cache-source",
      paramLabel = "URI",
      description =
          "Folder to copy the KD cache from if --cache-dir does not exist (NAME.tgz or NAME).")
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
          "Quantization config of the student, LUT bits and largest scale rank, such as q4_r32.")
  private String config;

  @Option(names = "--max-steps", paramLabel = "N", description = "Number of optimizer steps.")
  private Integer maxSteps;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Examples per micro-batch and replica.")
  private Integer batchSize;

  @Option(
      names = "--accumulation-steps",
      paramLabel = "N",
      description = "Micro-batches accumulated per optimizer step.")
  private Integer accumulationSteps;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Number of steps in which the learning rates rise linearly from 0 (warm-up).")
  private Integer warmupSteps;

  @Option(
      names = "--train-scales",
      negatable = true,
      description = "Train the scales of each layer: scale_A, scale_B and rank_magnitude.")
  private Boolean trainScales;

  @Option(
      names = "--train-lut",
      negatable = true,
      description = "Train the LUT of each layer (its _lut_raw_deltas).")
  private Boolean trainLut;

  @Option(
      names = "--lut-scope",
      paramLabel = "all|mlp|attn",
      description = "Layers whose LUTs are trained with --train-lut: all, mlp or attn.")
  private LutScope lutScope;

  @Option(
      names = "--lut-max-abs",
      paramLabel = "X",
      description = "Largest absolute value that a trained LUT can have.")
  private Double lutMaxAbs;

  @Option(
      names = "--lut-lr",
      paramLabel = "X",
      description = "Peak learning rate of the LUT deltas.")
  private Double lutLr;

  @Option(names = "--lr", paramLabel = "X", description = "Peak learning rate of the scales.")
  private Double lr;

  @Option(
      names = "--min-lr-ratio",
      paramLabel = "X",
      description = "Learning rate of the last step as a fraction of the peak (cosine decay).")
  private Double minLrRatio;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Decoupled weight decay of AdamW.")
  private Double weightDecay;

  @Option(
      names = "--clip",
      paramLabel = "X",
      description = "Maximum global norm of the gradients (gradient clipping).")
  private Double clip;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "Softmax temperature of the distillation loss (KL divergence to the teacher).")
  private Double temperature;

  @Option(
      names = "--hard-top1",
      paramLabel = "X",
      description =
          "Weight of the cross-entropy loss with the teacher's most likely token as the label.")
  private Double hardTop1;

  @Option(
      names = "--hard-full",
      paramLabel = "X",
      description = "Additional weight of the same cross-entropy loss; added to --hard-top1.")
  private Double hardFull;

  @Option(
      names = "--save-steps",
      paramLabel = "N",
      description =
          "Save a checkpoint every N steps, from which a failed run resumes; 0: only after the last.")
  private Integer saveSteps;

  @Option(
      names = "--eval-steps",
      paramLabel = "N",
      description = "Evaluate the loss every N steps, plus once before and once after training.")
  private Integer evalSteps;

  @Option(
      names = "--eval-examples",
      paramLabel = "N",
      description = "Number of examples used to evaluate the loss.")
  private Integer evalExamples;

  @Option(
      names = "--log-steps",
      paramLabel = "N",
      description = "Write a row of training_log.csv every N steps.")
  private Integer logSteps;

  @Option(
      names = "--mixed-precision",
      negatable = true,
      description = "Compute matrix products in bfloat16 (mixed precision).")
  private Boolean mixedPrecision;

  @Option(
      names = "--forward",
      paramLabel = "factored|materialized",
      description =
          "How quantized layers are computed: factored rounds as the target device does; materialized"
              + " multiplies with one weight matrix, which is faster.")
  private Forward forward;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description =
          "Device to train on: cpu, cuda, or auto (the GPU that Spark assigned to the task, else the"
              + " CPU).")
  private String device;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "Number of data-parallel replicas; each step processes one batch per replica.")
  private Integer replicas;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Random seed for shuffling the examples.")
  private Long seed;

  @Option(
      names = "--shuffle",
      negatable = true,
      description = "Shuffle the examples in each epoch.")
  private Boolean shuffle;

  /** What was given, on top of the defaults. */
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
