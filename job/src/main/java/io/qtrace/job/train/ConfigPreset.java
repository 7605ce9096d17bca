package io.qtrace.job.train;

import io.qtrace.io.SafeText;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A preset of the recipe such as {@code q4_r32}.
 *
 * @param bits of the LUT: it has 2^bits entries
 * @param rank maximum rank of the scales
 */
public record ConfigPreset(int bits, int rank) {
  private static final Pattern NAME = Pattern.compile("q([1-8])_r(\\d{1,4})");

  /** The preset with that name. */
  public static ConfigPreset of(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "Invalid config: %s, expected q<LUT bits>_r<scale rank>, such as q4_r32"
              .formatted(SafeText.quoted(name)));
    }
    return new ConfigPreset(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /**
   * Checks a checkpoint against the preset.
   *
   * @throws IllegalArgumentException naming the first tensor that does not fit
   */
  public void check(CheckpointIndex index) {
    for (TensorEntry tensor : index.tensors()) {
      if (LayerNames.ofLut(tensor.name()).isPresent() && tensor.elements() != 1L << bits) {
        throw new IllegalArgumentException(
            "Invalid config: %d LUT bits, but %s has %d entries"
                .formatted(bits, SafeText.quoted(tensor.name()), tensor.elements()));
      }
      if (LayerNames.ofMagnitude(tensor.name()).isPresent() && tensor.elements() > rank) {
        throw new IllegalArgumentException(
            "Invalid config: rank %d, but %s has %d"
                .formatted(rank, SafeText.quoted(tensor.name()), tensor.elements()));
      }
    }
  }
}
