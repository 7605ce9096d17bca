package io.qtrace.job.experiment;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qtrace.io.SafeText;
import io.qtrace.job.conf.LayeredSettings;
import io.qtrace.job.conf.YamlFile;
import io.qtrace.job.train.TrainSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings of an experiment, with paths resolved.
 *
 * @param archive URI of the run archive that is audited at the end
 * @param baked checkpoint that was baked from another run; empty if there is none
 * @param trainedFromBaked checkpoint that was trained from it; or empty
 */
public record ExperimentSettings(
    String name, String archive, TrainSettings train, String baked, String trainedFromBaked) {
  /** The built-in experiment. */
  public static final String DEBUG_LUT_TRAINING = "experiments/debug-lut-training.yaml";

  private static final List<String> PATHS =
      List.of("checkpoint", "model", "cache-dir", "cache-source", "output-dir");

  public ExperimentSettings {
    Objects.requireNonNull(name, "name");
    if (!train.outputDir().startsWith(archive.replaceAll("/+$", "") + "/")) {
      throw new IllegalArgumentException(
          "Invalid output-dir: %s, expected a folder below the archive %s, whose audit takes it in"
              .formatted(SafeText.of(train.outputDir()), SafeText.of(archive)));
    }
  }

  /** The settings file. */
  private record File(
      @JsonProperty(value = "name", required = true) String name,
      @JsonProperty(value = "archive", required = true) String archive,
      @JsonProperty(value = "train", required = true) ObjectNode train,
      @JsonProperty("bonus") Bonus bonus) {}

  private record Bonus(
      @JsonProperty("baked") String baked,
      @JsonProperty("trained-from-baked") String trainedFromBaked) {}

  /**
   * Reads an experiment.
   *
   * @param file YAML; empty for {@link #DEBUG_LUT_TRAINING}
   * @param root folder that paths of the file are below
   * @throws IOException if the file cannot be read, has an unknown setting or lacks one
   */
  public static ExperimentSettings load(Optional<Path> file, String root) throws IOException {
    File given = YamlFile.of(file, DEBUG_LUT_TRAINING).as(File.class);
    String origin = file.map(Path::toString).orElse(DEBUG_LUT_TRAINING);
    LayeredSettings train = LayeredSettings.of(TrainSettings.RESOURCE).with(origin, given.train());
    Map<String, String> resolved = new LinkedHashMap<>();
    PATHS.forEach(setting -> resolved.put(setting, below(root, setting, train.text(setting))));
    Bonus bonus = Objects.requireNonNullElse(given.bonus(), new Bonus(null, null));
    return new ExperimentSettings(
        given.name(),
        below(root, "archive", given.archive()),
        train.with(resolved).as(TrainSettings.class),
        below(root, "baked", Objects.requireNonNullElse(bonus.baked(), "")),
        below(
            root, "trained-from-baked", Objects.requireNonNullElse(bonus.trainedFromBaked(), "")));
  }

  private static String below(String root, String setting, String path) {
    boolean asItIs =
        path.isEmpty()
            || path.startsWith("/")
            || path.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*")
            || (setting.equals("model") && TrainSettings.isPreset(path));
    return asItIs ? path : root.replaceAll("/+$", "") + "/" + path;
  }
}
