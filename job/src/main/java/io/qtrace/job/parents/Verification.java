package io.qtrace.job.parents;

import java.io.Serializable;

/**
 * What the data of both ends of a step shows.
 *
 * @param unexplained number of tensors that the step's operation leaves unexplained
 * @param rounded number of elements that it reproduces only within rounding
 * @param requantized number of elements that it reproduces only from other entries of the LUT than
 *     the parent's
 */
public record Verification(int unexplained, long rounded, long requantized)
    implements Serializable {
  /** Everything is reproduced. */
  public static final Verification EXACT = new Verification(0, 0, 0);

  // Times fewer elements: another order of summation rounds as many as not.
  private static final int CLEARLY = 4;

  /** Whether some elements are not reproduced exactly from those of the parent. */
  boolean isInexact() {
    return rounded > 0 || requantized > 0;
  }

  /**
   * Whether clearly more elements are reproduced exactly than by another step. If either needs
   * other entries of the LUT, fewer of them prove nothing.
   */
  boolean isMoreExact(Verification other) {
    return rounded == other.rounded
        ? requantized == 0 && other.requantized > 0
        : CLEARLY * rounded < other.rounded;
  }
}
