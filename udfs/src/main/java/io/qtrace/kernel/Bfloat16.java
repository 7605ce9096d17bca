package io.qtrace.kernel;

/** bfloat16: the upper half of a float32. */
final class Bfloat16 {
  private Bfloat16() {}

  /** The value of bfloat16 bits, exact. */
  static float value(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
