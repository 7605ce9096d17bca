package io.qtrace.lut;

/**
 * Softmax of one float32 vector with the bits of PyTorch's CPU kernel under AVX2: eight lanes, and
 * the reciprocal of the sum as a factor. Seen to agree on vectors of 1 to 128 logits, torch 2.13.
 */
final class Softmax {
  private static final int LANES = 8;

  // expf of SLEEF 3 ("u10", under 1 ulp): log2 e, ln 2 in two parts, (e^s - 1 - s) / s^2.
  private static final float LOG2_E = 1.442695f;
  private static final float LN2_HIGH = 0.69314575f;
  private static final float LN2_LOW = 1.4286068e-6f;
  private static final float[] POLYNOMIAL = {
    1.9852762e-4f, 0.0013930436f, 0.008333361f, 0.041666485f, 0.16666667f, 0.5f
  };

  private Softmax() {}

  /** A new vector [n]; all NaN where a logit is NaN or positive infinity. */
  static float[] of(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    float[] weights = new float[logits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = exp(logits[i] - max);
    }
    float factor = 1 / sum(weights);
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= factor;
    }
    return weights;
  }

  /** e^x for x of 0 and below. */
  private static float exp(float x) {
    if (x < -104) {
      return 0;
    }
    float quotient = (float) Math.rint(x * LOG2_E);
    float rest = Math.fma(quotient, -LN2_LOW, Math.fma(quotient, -LN2_HIGH, x));
    float polynomial = POLYNOMIAL[0];
    for (int i = 1; i < POLYNOMIAL.length; i++) {
      polynomial = Math.fma(polynomial, rest, POLYNOMIAL[i]);
    }
    float mantissa = 1 + Math.fma(rest * rest, polynomial, rest);
    return Math.scalb(mantissa, (int) quotient);
  }

  private static float sum(float[] x) {
    if (x.length < LANES) {
      float sum = x[0];
      for (int i = 1; i < x.length; i++) {
        sum += x[i];
      }
      return sum;
    }
    float[] lanes = new float[LANES];
    for (int i = 0; i < x.length; i++) {
      lanes[i % LANES] += x[i];
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
      for (int lane = 0; lane < width; lane++) {
        lanes[lane] += lanes[lane + width];
      }
    }
    return lanes[0];
  }
}
