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
      description = "Settings of the run in YAML, as conf/train.yaml; options change them.")
  private Path recipe;

  @Option(
      names = "--checkpoint",
      paramLabel = "URI",
      description = "The quantized student to start from.")
  private String checkpoint;

  @Option(
      names = "--model",
      paramLabel = "URI|NAME",
      description =
          "Its sizes, and what the checkpoint lacks: folder with config.json (Hugging Face"
              + " layout); or Qwen3-0.6B, Qwen3-1.7B, Qwen3-4B, and the checkpoint's shapes tell"
              + " the sizes.")
  private String model;

  @Option(
      names = "--cache-dir",
      paramLabel = "URI",
      description = "KD cache: folder with meta.json and shard_*.pt, or a .tgz of one.")
  private String cacheDir;

  @Option(
      names = "--cache-source",
      paramLabel = "URI",
      description = "Folder with NAME.tgz or NAME, from which a missing cache is taken.")
  private String cacheSource;

  @Option(
      names = "--output-dir",
      paramLabel = "URI",
      description = "Folder of the run: checkpoints, training_log.csv, config.json.")
  private String outputDir;

  @Option(
      names = "--config",
      paramLabel = "qB_rR",
      description = "LUT bits and most scale ranks of the student, such as q4_r32.")
  private String config;

  @Option(names = "--max-steps", paramLabel = "N", description = "Optimizer steps.")
  private Integer maxSteps;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Examples of one micro-batch on one replica.")
  private Integer batchSize;

  @Option(
      names = "--accumulation-steps",
      paramLabel = "N",
      description = "Micro-batches of one step.")
  private Integer accumulationSteps;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps of a linear rise of the rates from 0.")
  private Integer warmupSteps;

  @Option(
      names = "--train-scales",
      negatable = true,
      description = "Train scale_A, scale_B and rank_magnitude.")
  private Boolean trainScales;

  @Option(names = "--train-lut", negatable = true, description = "Train the LUTs.")
  private Boolean trainLut;

  @Option(
      names = "--lut-scope",
      paramLabel = "all|mlp|attn",
      description = "Layers whose LUT trains.")
  private LutScope lutScope;

  @Option(
      names = "--lut-max-abs",
      paramLabel = "X",
      description = "The largest value of a trained LUT.")
  private Double lutMaxAbs;

  @Option(names = "--lut-lr", paramLabel = "X", description = "Highest rate of the LUT deltas.")
  private Double lutLr;

  @Option(names = "--lr", paramLabel = "X", description = "Highest rate of the scales.")
  private Double lr;

  @Option(
      names = "--min-lr-ratio",
      paramLabel = "X",
      description = "The last step's rates to the highest.")
  private Double minLrRatio;

  @Option(names = "--weight-decay", paramLabel = "X", description = "Decoupled, as in AdamW.")
  private Double weightDecay;

  @Option(names = "--clip", paramLabel = "X", description = "Largest norm of all gradients.")
  private Double clip;

  @Option(names = "--temperature", paramLabel = "X", description = "Of the KL to the teacher.")
  private Double temperature;

  @Option(
      names = "--hard-top1",
      paramLabel = "X",
      description =
          "Weight of the cross entropy over the full vocabulary against the teacher's first token.")
  private Double hardTop1;

  @Option(
      names = "--hard-full",
      paramLabel = "X",
      description = "More weight of the same cross entropy: the two add up.")
  private Double hardFull;

  @Option(
      names = "--save-steps",
      paramLabel = "N",
      description = "A checkpoint, from which a failed task goes on, every N steps; 0: the last.")
  private Integer saveSteps;

  @Option(
      names = "--eval-steps",
      paramLabel = "N",
      description = "Measure the loss every N steps, beside before and after.")
  private Integer evalSteps;

  @Option(
      names = "--eval-examples",
      paramLabel = "N",
      description = "Examples that it is measured on.")
  private Integer evalExamples;

  @Option(names = "--log-steps", paramLabel = "N", description = "Steps of a row of the log.")
  private Integer logSteps;

  @Option(
      names = "--mixed-precision",
      negatable = true,
      description = "Matrix products in bfloat16.")
  private Boolean mixedPrecision;

  @Option(
      names = "--forward",
      paramLabel = "factored|materialized",
      description = "Round as the target device does, or one product, which is faster.")
  private Forward forward;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description = "auto: the GPU that Spark gave the task, else the CPU.")
  private String device;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "Tasks that train together; a step takes as many batches.")
  private Integer replicas;

  @Option(names = "--seed", paramLabel = "N", description = "Of the order of the examples.")
  private Long seed;

  @Option(
      names = "--shuffle",
      negatable = true,
      description = "Whether each epoch has an order of its own.")
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
