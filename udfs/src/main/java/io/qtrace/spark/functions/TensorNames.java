package io.qtrace.spark.functions;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the layer number in a tensor's name. */
final class TensorNames {
  // A whole component of the path; nine digits fit an int.
  private static final Pattern NUMBER = Pattern.compile("(?:^|\\.)([0-9]{1,9})(?=\\.|$)");

  private TensorNames() {}

  /** The first component that is a number, or null: 12 of {@code model.layers.12.mlp.up_proj}. */
  static Integer layerNumber(String name) {
    Matcher number = NUMBER.matcher(name);
    return number.find() ? Integer.valueOf(number.group(1)) : null;
  }
}
