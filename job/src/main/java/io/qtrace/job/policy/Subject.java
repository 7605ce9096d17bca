package io.qtrace.job.policy;

import io.qtrace.lut.Category;
import java.util.Locale;

/** The subject of an expectation: the tensors of a category, or the LUT that training uses. */
public enum Subject {
  LUT_DELTAS,
  LUT,
  /**
   * The LUT computed from the deltas, before it is snapped to float16; the stored one if there are
   * no deltas.
   */
  EFFECTIVE_LUT,
  Q,
  INDICES,
  SCALE,
  OTHER;

  public static Subject of(Category category) {
    return switch (category) {
      case LUT_DELTAS -> LUT_DELTAS;
      case LUT -> LUT;
      case Q -> Q;
      case INDICES -> INDICES;
      case SCALE -> SCALE;
      case OTHER -> OTHER;
    };
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
