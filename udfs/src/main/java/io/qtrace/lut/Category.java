package io.qtrace.lut;

import java.util.Locale;

/** What a tensor is for, by its name. */
public enum Category {
  /** Logits of the trainable LUT. */
  LUT_DELTAS,
  /** The stored lookup table. */
  LUT,
  /** The quantized buffer, {@code lut[_indices]}. */
  Q,
  /** Indices into the LUT. */
  INDICES,
  /** Low-rank scales and their magnitudes. */
  SCALE,
  /** Everything else. */
  OTHER;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
