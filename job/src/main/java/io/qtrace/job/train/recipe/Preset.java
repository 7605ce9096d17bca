package io.qtrace.job.train.recipe;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Published sizes of Qwen3. A checkpoint that has no {@code config.json} next to it gives its sizes
 * itself; the preset gives the rest, see {@link ModelShapes}.
 */
public enum Preset {
  QWEN3_0_6B("Qwen3-0.6B", sizes(1024, 3072, 28, 16)),
  QWEN3_1_7B("Qwen3-1.7B", sizes(2048, 6144, 28, 16)),
  QWEN3_4B("Qwen3-4B", sizes(2560, 9728, 36, 32));

  private final String label;
  private final ModelConfig config;

  Preset(String label, ModelConfig config) {
    this.label = label;
    this.config = config;
  }

  /** The preset of a model's name, with or without {@code Qwen/} before it, in any case. */
  public static Optional<Preset> of(String model) {
    String name = model.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(
            preset -> {
              String own = preset.label.toLowerCase(Locale.ROOT);
              return name.equals(own) || name.equals("qwen/" + own);
            })
        .findFirst();
  }

  /** The name under which the model is published, such as {@code Qwen3-0.6B}. */
  public String label() {
    return label;
  }

  public ModelConfig config() {
    return config;
  }

  private static ModelConfig sizes(int hidden, int intermediate, int layers, int heads) {
    return new ModelConfig(151936, hidden, intermediate, layers, heads, 8, 128, 1e-6, 1e6, true);
  }
}
