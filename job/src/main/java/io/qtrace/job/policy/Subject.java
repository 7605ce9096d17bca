package io.qtrace.job.policy;

import io.qtrace.lut.Category;
import java.util.Locale;

/** What an expectation is about: the tensors of a category, or the LUT that training uses. */
public enum Subject {
  LUT_DELTAS,
  LUT,
  /**
   * The LUT that the deltas give, before it is snapped to float16; the stored one where there are
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
