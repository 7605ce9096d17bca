package io.qtrace.kernel;

/** The 16-bit floats, every one of which float32 holds exactly. */
final class Float16 {
  static final int MAGNITUDE = 0x7fff << 13; // exponent and mantissa at float32's places
  static final int EXPONENT = 0x7c00 << 13;
  static final int REBIAS = (127 - 15) << 23;
  static final int MIN_NORMAL = (127 - 14) << 23; // 2^-14 as float32 bits

  private Float16() {}

  /** IEEE 754 binary16. */
  static float toFloat(short half) {
    int magnitude = half << 13 & MAGNITUDE;
    int exponent = magnitude & EXPONENT;
    int bits = magnitude + REBIAS;
    if (exponent == EXPONENT) {
      bits += REBIAS; // infinity and NaN
    } else if (exponent == 0) {
      // 2^-14 (1 + m / 1024) - 2^-14 is the subnormal m 2^-24, exactly
      float shifted = Float.intBitsToFloat(magnitude + MIN_NORMAL);
      bits = Float.floatToRawIntBits(shifted - Float.intBitsToFloat(MIN_NORMAL));
    }
    return Float.intBitsToFloat(bits | half & 0x80000000);
  }

  /** bfloat16: the upper half of a float32. */
  static float fromBfloat(short bfloat) {
    return Float.intBitsToFloat(bfloat << 16);
  }
}
