package io.qtrace.kernel;

/** bfloat16: the upper half of a float32. */
final class Bfloat16 {
  private Bfloat16() {}

  /** The value of bfloat16 bits, exact. */
  static float value(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest value of bfloat16, ties to even; a NaN stays NaN. */
  static float round(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    int bits = Float.floatToRawIntBits(x);
    int odd = bits >>> 16 & 1;
    return Float.intBitsToFloat(bits + 0x7fff + odd & 0xffff0000);
  }
}
