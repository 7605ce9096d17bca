package io.qtrace.job.train;

import io.qtrace.job.train.recipe.ModelConfig;
import java.io.Serializable;
import java.util.Objects;

/**
 * A run as the driver planned it: what every task needs to know.
 *
 * @param id hash of the settings and of the files that it starts from
 * @param model sizes of the student
 * @param baseWeights URI of the float model's weights, for tensors that the checkpoint lacks; or
 *     empty
 * @param cacheFolder where the KD cache is
 */
public record TrainPlan(
    String id,
    TrainSettings settings,
    ModelConfig model,
    String baseWeights,
    String cacheFolder,
    RunConfiguration configuration)
    implements Serializable {
  public TrainPlan {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(baseWeights, "baseWeights");
    Objects.requireNonNull(cacheFolder, "cacheFolder");
    Objects.requireNonNull(configuration, "configuration");
  }
}
