package io.qtrace.lut;

import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;

/**
 * The names under which a state dict holds the tensors of one quantized layer: the only place that
 * spells their suffixes.
 *
 * @param layer name of the module, such as {@code model.layers.0.mlp.up_proj}
 */
public record LayerNames(String layer) implements Serializable {
  private static final String LUT = ".lut";
  private static final String DELTAS = "._lut_raw_deltas";
  private static final String QUANTIZED = "._Q";
  private static final String INDICES = "._indices";
  private static final String WEIGHT = ".weight";

  /** Last part of the name of the scales' left factor. */
  public static final String SCALE_A = "scale_A";

  /** Last part of the name of the scales' right factor. */
  public static final String SCALE_B = "scale_B";

  /** Last part of the name of the rank magnitudes. */
  public static final String MAGNITUDE = "rank_magnitude";

  public LayerNames {
    Objects.requireNonNull(layer, "layer");
  }

  /** The layer whose {@code _Q} has that name, if any. */
  public static Optional<LayerNames> ofQuantized(String tensor) {
    return of(tensor, QUANTIZED);
  }

  /** The layer whose {@code _indices} have that name, if any. */
  public static Optional<LayerNames> ofIndices(String tensor) {
    return of(tensor, INDICES);
  }

  /** The layer whose stored LUT has that name, if any. */
  public static Optional<LayerNames> ofLut(String tensor) {
    return of(tensor, LUT);
  }

  /** The layer whose LUT deltas have that name, if any. */
  public static Optional<LayerNames> ofDeltas(String tensor) {
    return of(tensor, DELTAS);
  }

  /** The layer whose float weight has that name, if any. */
  public static Optional<LayerNames> ofWeight(String tensor) {
    return of(tensor, WEIGHT);
  }

  /** The layer whose rank magnitudes have that name, if any. */
  public static Optional<LayerNames> ofMagnitude(String tensor) {
    return of(tensor, "." + MAGNITUDE);
  }

  /** The module that a tensor belongs to: its name without the last part; empty without a point. */
  public static String moduleOf(String tensor) {
    return tensor.substring(0, Math.max(tensor.lastIndexOf('.'), 0));
  }

  private static Optional<LayerNames> of(String tensor, String suffix) {
    return tensor.endsWith(suffix)
        ? Optional.of(new LayerNames(tensor.substring(0, tensor.length() - suffix.length())))
        : Optional.empty();
  }

  /** The stored table [n]. */
  public String lut() {
    return layer + LUT;
  }

  /** The logits [n/2] of a table that trains. */
  public String deltas() {
    return layer + DELTAS;
  }

  /** The buffer {@code lut[_indices]}, [out, in]. */
  public String quantized() {
    return layer + QUANTIZED;
  }

  /** Indices into the table, [out, in]. */
  public String indices() {
    return layer + INDICES;
  }

  /** The float weight that was quantized, [out, in]. */
  public String weight() {
    return layer + WEIGHT;
  }

  /** Left factor of the scales, [out, rank]. */
  public String scaleA() {
    return layer + "." + SCALE_A;
  }

  /** Right factor of the scales, [rank, in]. */
  public String scaleB() {
    return layer + "." + SCALE_B;
  }

  /** Magnitude of each rank, [rank]. */
  public String magnitude() {
    return layer + "." + MAGNITUDE;
  }

  /** Right factor of an adapter, [r, in]. */
  public String loraA() {
    return layer + ".lora_A";
  }

  /** Left factor of an adapter, [out, r]. */
  public String loraB() {
    return layer + ".lora_B";
  }

  /** {@code _Q} times the scales, which inference may keep, [out, in]. */
  public String cachedWeight() {
    return layer + "._cached_weight_q";
  }

  /** The flag that says the magnitudes are part of the factors, []. */
  public String bakedFlag() {
    return layer + "._scales_baked_flag";
  }
}
