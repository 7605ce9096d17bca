package io.qtrace.job.audit;

import java.util.Arrays;
import java.util.Optional;

/** What a tensor is to a quantized layer, and so what may happen to it. */
public enum Category {
  /** Logits of the trainable LUT: {@code P._lut_raw_deltas} [8]. */
  LUT_DELTAS("lut_deltas"),
  /** The lookup table: {@code P.lut} [16]. */
  LUT("lut"),
  /** The quantized weight: {@code P._Q} [out, in]. */
  Q("q"),
  /** Indices into the LUT: {@code P._indices} [out, in]. */
  INDICES("indices"),
  /** The low-rank scales and their magnitude. */
  SCALE("scale"),
  OTHER("other");

  private final String label;

  Category(String label) {
    this.label = label;
  }

  /** The category that policies, tables and reports call {@code label}, or empty. */
  public static Optional<Category> of(String label) {
    return Arrays.stream(values()).filter(category -> category.label.equals(label)).findFirst();
  }

  public String label() {
    return label;
  }

  @Override
  public String toString() {
    return label;
  }
}
