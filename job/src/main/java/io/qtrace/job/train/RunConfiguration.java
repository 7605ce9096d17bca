package io.qtrace.job.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.io.SafeText;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.Serializable;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * {@code config.json} of a run in the recipe's layout: what it trained, from what.
 *
 * @param sourceCheckpoint as the settings name it; an audit finds the run's parent by it
 */
public record RunConfiguration(
    @JsonProperty("version") String version,
    @JsonProperty("model_id") String modelId,
    @JsonProperty("config_preset") String configPreset,
    @JsonProperty("lut_bits") int lutBits,
    @JsonProperty("mlp_lut_bits") int mlpLutBits,
    @JsonProperty("attn_lut_bits") int attnLutBits,
    @JsonProperty("scale_rank") long scaleRank,
    @JsonProperty("mlp_scale_rank") long mlpScaleRank,
    @JsonProperty("attn_scale_rank") long attnScaleRank,
    @JsonProperty("group_size") int groupSize,
    @JsonProperty("lora_r") int loraRank,
    @JsonProperty("lora_alpha") int loraAlpha,
    @JsonProperty("lora_mlp_only") boolean loraMlpOnly,
    @JsonProperty("train_scales") boolean trainScales,
    @JsonProperty("train_lut") boolean trainLut,
    @JsonProperty("lut_scope") String lutScope,
    @JsonProperty("max_steps") int maxSteps,
    @JsonProperty("final_loss") Double finalLoss,
    @JsonProperty("source_checkpoint") String sourceCheckpoint)
    implements Serializable {
  private static final int GROUP_SIZE = 32; // of every preset of the recipe

  static RunConfiguration of(TrainSettings settings, CheckpointIndex source) {
    Predicate<String> mlp = name -> name.contains(".mlp.");
    Predicate<String> attention = name -> name.contains(".self_attn.");
    int mlpBits = bits(source, mlp);
    long mlpRank = largest(source, LayerNames::ofMagnitude, mlp);
    return new RunConfiguration(
        "v2",
        lastSegment(settings.model()),
        settings.config(),
        mlpBits,
        mlpBits,
        bits(source, attention),
        mlpRank,
        mlpRank,
        largest(source, LayerNames::ofMagnitude, attention),
        GROUP_SIZE,
        0,
        0,
        false,
        settings.trainScales(),
        settings.trainLut(),
        settings.lutScope().name().toLowerCase(java.util.Locale.ROOT),
        settings.maxSteps(),
        null,
        settings.checkpoint());
  }

  RunConfiguration withFinalLoss(double loss) {
    return new RunConfiguration(
        version,
        modelId,
        configPreset,
        lutBits,
        mlpLutBits,
        attnLutBits,
        scaleRank,
        mlpScaleRank,
        attnScaleRank,
        groupSize,
        loraRank,
        loraAlpha,
        loraMlpOnly,
        trainScales,
        trainLut,
        lutScope,
        maxSteps,
        loss,
        sourceCheckpoint);
  }

  private static int bits(CheckpointIndex source, Predicate<String> layers) {
    long entries = largest(source, LayerNames::ofLut, layers);
    return entries == 0 ? 0 : Long.SIZE - 1 - Long.numberOfLeadingZeros(entries);
  }

  // Most elements of such a tensor.
  private static long largest(
      CheckpointIndex source,
      Function<String, Optional<LayerNames>> kind,
      Predicate<String> layers) {
    return source.tensors().stream()
        .filter(tensor -> kind.apply(tensor.name()).isPresent() && layers.test(tensor.name()))
        .mapToLong(TensorEntry::elements)
        .max()
        .orElse(0);
  }

  private static String lastSegment(String path) {
    String plain = path.replaceAll("/+$", "");
    return SafeText.of(plain.substring(plain.lastIndexOf('/') + 1));
  }
}
