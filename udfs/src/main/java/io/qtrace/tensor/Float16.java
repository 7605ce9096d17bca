package io.qtrace.tensor;

/**
 * IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 mantissa bits. JDK 17 has no conversions of
 * its own.
 */
public final class Float16 {
  /** Largest finite value. */
  public static final float MAX_VALUE = 65504;

  private static final int INFINITY = 0x7c00;
  private static final int QUIET = 0x0200;
  private static final float MIN_NORMAL = 0x1p-14f;
  private static final float OVERFLOW = 65520; // this and all above round to infinity
  private static final int SHIFT = 13; // mantissa bits that float32 has and binary16 has not
  private static final int SIGN_AND_MAGNITUDE = 0x8fffe000; // of the sign-extended bits << 13
  private static final float RESCALE = 0x1p112f; // the biases of the exponents are 15 and 127
  private static final int REBIAS = (127 - 15) << 23;

  private Float16() {}

  /** Bits of the nearest value, ties to even; infinite from 65520 up, a NaN stays a quiet NaN. */
  public static short bits(float x) {
    int bits = Float.floatToRawIntBits(x);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(x);
    if (Float.isNaN(x)) {
      return (short) (sign | INFINITY | QUIET | (bits >>> SHIFT & 0x3ff));
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | INFINITY);
    }
    if (magnitude < MIN_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24)); // in units of 2^-24, exact
    }
    int rebiased = (bits & 0x7fffffff) - REBIAS;
    int odd = rebiased >>> SHIFT & 1;
    return (short) (sign | (rebiased + 0xfff + odd) >>> SHIFT);
  }

  /** The value of binary16 bits, exact; a subnormal is one of float32 too until it is rescaled. */
  public static float value(short bits) {
    int shifted = bits << SHIFT & SIGN_AND_MAGNITUDE;
    return (bits & INFINITY) == INFINITY
        ? Float.intBitsToFloat(shifted | 0x7f800000) // infinity and NaN
        : Float.intBitsToFloat(shifted) * RESCALE;
  }

  /** {@code fp16(x)} of the recipe: clamped to +-{@link #MAX_VALUE}, rounded; NaN stays NaN. */
  public static float round(float x) {
    return value(bits(Math.max(-MAX_VALUE, Math.min(MAX_VALUE, x))));
  }

  /** Whether x is a finite value of binary16. */
  public static boolean isExact(float x) {
    return Float.isFinite(x) && value(bits(x)) == x;
  }

  /**
   * The next binary16 value towards positive infinity.
   *
   * @param x a binary16 value; NaN and positive infinity stay what they are
   */
  public static float nextUp(float x) {
    if (Float.isNaN(x) || x == Float.POSITIVE_INFINITY) {
      return x;
    }
    if (x == 0) {
      return 0x1p-24f;
    }
    return value((short) (bits(x) + (x > 0 ? 1 : -1)));
  }

  /** The next binary16 value towards negative infinity, as {@link #nextUp}. */
  public static float nextDown(float x) {
    return -nextUp(-x);
  }
}
