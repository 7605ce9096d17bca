package io.qtrace.job.audit;

import java.util.List;
import java.util.Optional;

/** Names of the tensors of one quantized layer. */
record Layer(String name) {
  private static final String LUT = ".lut";
  private static final String QUANTIZED = "._Q";
  private static final String INDICES = "._indices";

  /** The layers of a pair: those with a stored LUT on either side. */
  static List<Layer> of(PairComparison pair) {
    return pair.tensors().stream().flatMap(tensor -> of(tensor.name(), LUT).stream()).toList();
  }

  /** The layer whose {@code _Q} has that name, if any. */
  static Optional<Layer> ofQuantized(String tensor) {
    return of(tensor, QUANTIZED);
  }

  /** The layer whose {@code _Q} or {@code _indices} has that name, if any. */
  static Optional<Layer> ofChecked(String tensor) {
    return ofQuantized(tensor).or(() -> of(tensor, INDICES));
  }

  private static Optional<Layer> of(String tensor, String suffix) {
    return tensor.endsWith(suffix)
        ? Optional.of(new Layer(tensor.substring(0, tensor.length() - suffix.length())))
        : Optional.empty();
  }

  String lut() {
    return name + LUT;
  }

  String deltas() {
    return name + "._lut_raw_deltas";
  }

  String quantized() {
    return name + QUANTIZED;
  }

  String indices() {
    return name + INDICES;
  }
}
