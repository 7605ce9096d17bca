package io.qtrace.job.audit.stage;

import io.qtrace.compare.QuantizedLayer;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Names of the tensors of one quantized layer. */
public record Layer(String name) {
  private static final String LUT = ".lut";
  private static final String QUANTIZED = "._Q";
  private static final String INDICES = "._indices";

  /** The layers of a pair: those with a stored LUT on either side. */
  public static List<Layer> of(PairComparison pair) {
    return pair.tensors().stream().flatMap(tensor -> of(tensor.name(), LUT).stream()).toList();
  }

  /** The layer whose {@code _Q} has that name, if any. */
  public static Optional<Layer> ofQuantized(String tensor) {
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

  public String lut() {
    return name + LUT;
  }

  public String deltas() {
    return name + "._lut_raw_deltas";
  }

  /** Tensors that indices are recomputed from, and they themselves. */
  List<String> requantized() {
    return List.of(
        indices(),
        name + ".weight",
        name + ".scale_A",
        name + ".scale_B",
        name + ".rank_magnitude",
        lut());
  }

  /** The same of a checkpoint that has them all. */
  QuantizedLayer of(Map<String, TensorEntry> tensors) {
    List<TensorEntry> found = requantized().stream().map(tensors::get).toList();
    return new QuantizedLayer(
        found.get(0),
        found.get(1),
        found.get(2),
        found.get(3),
        found.get(4),
        Optional.ofNullable(tensors.get(name + "._scales_baked_flag")).stream().toList(),
        found.get(5));
  }

  public String quantized() {
    return name + QUANTIZED;
  }

  public String indices() {
    return name + INDICES;
  }
}
