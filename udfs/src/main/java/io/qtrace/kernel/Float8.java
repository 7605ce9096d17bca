package io.qtrace.kernel;

import io.qtrace.tensor.DType;

/**
 * The 8-bit floats of the OCP and ONNX specifications, every one of which float32 holds exactly.
 */
final class Float8 {
  private static final float[] E4M3FN = new float[256];
  private static final float[] E4M3FNUZ = new float[256];
  private static final float[] E5M2 = new float[256];
  private static final float[] E5M2FNUZ = new float[256];
  private static final float[] E8M0FNU = new float[256];

  static {
    for (int bits = 0; bits < 256; bits++) {
      int magnitude = bits & 0x7f;
      E4M3FN[bits] = magnitude == 0x7f ? Float.NaN : number(bits, 3, 7);
      E4M3FNUZ[bits] = bits == 0x80 ? Float.NaN : number(bits, 3, 8);
      E5M2[bits] = Float16.toFloat((short) (bits << 8)); // the upper half of a float16
      E5M2FNUZ[bits] = bits == 0x80 ? Float.NaN : number(bits, 2, 16);
      E8M0FNU[bits] = bits == 0xff ? Float.NaN : (float) Math.scalb(1.0, bits - 127);
    }
  }

  private Float8() {}

  /** The numbers of all 256 bit patterns. */
  static float[] table(DType dtype) {
    return switch (dtype) {
      case FLOAT8_E4M3FN -> E4M3FN;
      case FLOAT8_E4M3FNUZ -> E4M3FNUZ;
      case FLOAT8_E5M2 -> E5M2;
      case FLOAT8_E5M2FNUZ -> E5M2FNUZ;
      case FLOAT8_E8M0FNU -> E8M0FNU;
      default ->
          throw new IllegalArgumentException(
              "Invalid dtype: " + dtype.label() + ", expected an 8-bit float");
    };
  }

  // sign, exponent and `mantissaBits` bits of mantissa; exponent 0 is subnormal.
  private static float number(int bits, int mantissaBits, int bias) {
    int exponent = (bits & 0x7f) >> mantissaBits;
    int mantissa = bits & ((1 << mantissaBits) - 1);
    int significand = exponent == 0 ? mantissa : mantissa | 1 << mantissaBits;
    float magnitude = Math.scalb((float) significand, Math.max(exponent, 1) - bias - mantissaBits);
    return bits < 0x80 ? magnitude : -magnitude;
  }
}
