package io.qtrace.job.train;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.io.SafeText;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.text.Json;
import io.qtrace.job.train.data.CacheLocator;
import io.qtrace.job.train.data.KdCache;
import io.qtrace.job.train.recipe.ModelConfig;
import io.qtrace.job.train.recipe.ModelShapes;
import io.qtrace.job.train.recipe.Preset;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/** Checks everything that a run needs before a task starts, so that errors show early. */
public final class TrainPlanner {
  /** Version of the computation; raised when any resulting number changes. */
  private static final int RECIPE_VERSION = 2;

  private static final int MAX_CONFIG_BYTES = 1 << 20;
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private final ObjectStore store;
  private final Progress progress;

  public TrainPlanner(ObjectStore store, Progress progress) {
    this.store = store;
    this.progress = progress;
  }

  /**
   * Plans a run; copies its KD cache to where tasks read it.
   *
   * @throws IOException if a file is missing or does not match the others
   */
  public TrainPlan plan(TrainSettings settings) throws IOException {
    CheckpointIndex source =
        StateDictPrefix.unwrapped(new Checkpoints(store).index(settings.checkpoint()));
    ConfigPreset.of(settings.config()).check(source);
    String weights = Preset.of(settings.model()).isPresent() ? "" : weights(settings.model());
    List<TensorEntry> base =
        weights.isEmpty() ? List.of() : CheckpointTensors.open(store, weights).index().tensors();
    ModelConfig model = model(settings.model(), ModelShapes.of(source, base));
    String cacheFolder =
        new CacheLocator(store, progress)
            .locate(
                settings.cacheDir(),
                Optional.of(settings.cacheSource()).filter(uri -> !uri.isEmpty()),
                settings.outputDir() + "/.cache");
    KdCache cache =
        KdCache.open(
            store, cacheFolder, new KdCache.Options(false, 0, KdCache.Options.WINDOW_BYTES));
    if (cache.meta().vocabulary() > model.vocabSize()) {
      throw new IOException(
          "Invalid KD cache: %s has a vocabulary of %d, expected at most the model's %d"
              .formatted(SafeText.of(cacheFolder), cache.meta().vocabulary(), model.vocabSize()));
    }
    return new TrainPlan(
        id(settings, model, cache.files()),
        settings,
        model,
        weights,
        cacheFolder,
        RunConfiguration.of(settings, source));
  }

  private ModelConfig model(String model, ModelShapes shapes) throws IOException {
    Optional<Preset> preset = Preset.of(model);
    if (preset.isPresent()) {
      return shapes.config(preset.get());
    }
    String file = new Path(ObjectStore.path(model), "config.json").toString();
    ModelConfig config = ModelConfig.read(read(file, model));
    shapes.check(config, "as %s has it".formatted(SafeText.of(file)));
    return config;
  }

  private String read(String file, String model) throws IOException {
    try (RangeReader reader = store.open(file)) {
      if (reader.length() > MAX_CONFIG_BYTES) {
        throw new IOException("Invalid model: " + SafeText.of(file) + " has more than 1 MiB");
      }
      return new String(reader.read(0, (int) reader.length()), StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      throw new IOException(
          "Cannot find model: %s, expected a folder with config.json, or one of Qwen3-0.6B,"
                  .formatted(SafeText.of(model))
              + " Qwen3-1.7B, Qwen3-4B",
          e);
    }
  }

  private String weights(String model) throws IOException {
    for (String name : WEIGHTS) {
      Path file = new Path(ObjectStore.path(model), name);
      if (store.fileSystem(file).exists(file)) {
        return file.toString();
      }
    }
    return "";
  }

  // The same settings on the same files identify the same run.
  private String id(TrainSettings settings, ModelConfig model, List<ObjectStat> cache)
      throws IOException {
    List<Object> parts =
        List.of(RECIPE_VERSION, settings, model, store.stat(settings.checkpoint()), cache);
    byte[] content = Json.line(parts).getBytes(StandardCharsets.UTF_8);
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot hash: SHA-256 is missing", e);
    }
  }
}
