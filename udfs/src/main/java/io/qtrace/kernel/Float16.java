package io.qtrace.kernel;

/** The 16-bit floats, every one of which float32 holds exactly. */
final class Float16 {
  static final short INFINITY = 0x7c00;
  static final int SIGN_AND_MAGNITUDE = 0x8fffe000; // of the sign-extended bits << 13
  static final float RESCALE = 0x1p112f; // the biases of the exponents are 15 and 127

  private Float16() {}

  /** IEEE 754 binary16; a subnormal is one of float32 too until it is rescaled. */
  static float toFloat(short half) {
    int bits = half << 13 & SIGN_AND_MAGNITUDE;
    return (half & INFINITY) == INFINITY
        ? Float.intBitsToFloat(bits | 0x7f800000) // infinity and NaN
        : Float.intBitsToFloat(bits) * RESCALE;
  }

  /** bfloat16: the upper half of a float32. */
  static float fromBfloat(short bfloat) {
    return Float.intBitsToFloat(bfloat << 16);
  }
}
