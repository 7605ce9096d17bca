package io.qtrace.compare;

import io.qtrace.io.Amount;
import io.qtrace.tensor.DType;
import java.io.Serializable;

/**
 * Elements that agree with recomputed ones only within rounding: computed in another order or with
 * lower precision.
 *
 * @param elements number of elements that are not the exact number, correctly rounded to their type
 * @param most largest error, in units in the last place of the type, rounded up
 */
public record Ulps(long elements, long most) implements Serializable {
  /** Every element is the exact number, correctly rounded. */
  public static final Ulps NONE = new Ulps(0, 0);

  private static final double HALF = 0.5 + 0x1p-20; // ties and the error of the recomputation

  /** These and others. */
  public Ulps merge(Ulps other) {
    return new Ulps(elements + other.elements, Math.max(most, other.most));
  }

  /** These and one more element, with its distance in units in the last place. */
  Ulps plus(double distance) {
    return distance <= HALF ? this : another(distance);
  }

  /** These and one more element that is not the exact number, at any distance. */
  Ulps another(double distance) {
    return merge(new Ulps(1, Math.max(1, (long) Math.ceil(distance))));
  }

  /** The count and the largest error, for people. */
  public String text() {
    return "%s only within rounding (at most %d ulp off)"
        .formatted(Amount.of(elements, "element"), most);
  }

  public boolean isNone() {
    return elements == 0;
  }

  /**
   * The distance to the next number of a float type.
   *
   * @param value a finite number
   */
  public static double of(DType dtype, double value) {
    int least =
        switch (dtype) {
          case FLOAT16 -> -24;
          case BFLOAT16 -> -133;
          default -> -149;
        };
    return Math.scalb(1.0, Math.max(Math.getExponent(value) - fraction(dtype), least));
  }

  private static int fraction(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> 10;
      case BFLOAT16 -> 7;
      default -> 23;
    };
  }
}
