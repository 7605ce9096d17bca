package io.qtrace.kernel;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Adds float64 numbers to an {@link ExactSum}, at the price of a few additions each. */
final class ExactAccumulator {
  private static final int LEAST_EXPONENT = -1074;
  private static final int SIGNIFICAND_BITS = 52;
  private static final int LIMB_BITS = 32;
  private static final long LIMB = (1L << LIMB_BITS) - 1;
  private static final int LIMBS = 68; // from 2^-1074 to above the greatest float64

  // Digits of 32 bits, lowest first; carries are propagated at the end.
  private final long[] limbs = new long[LIMBS];
  private int lowest =
      -LEAST_EXPONENT; // lowest bit of any term, counted from 2^-1074; 2^0 if none is lower
  private double special;

  void add(double term) {
    if (!Double.isFinite(term)) {
      special += term;
      return;
    }
    if (term == 0) {
      return;
    }
    long bits = Double.doubleToRawLongBits(term);
    long sign = bits >> (Long.SIZE - 1); // 0 or -1
    int exponent = (int) (bits >>> SIGNIFICAND_BITS) & 0x7ff;
    long fraction = bits & ((1L << SIGNIFICAND_BITS) - 1);
    long significand = exponent == 0 ? fraction : fraction | (1L << SIGNIFICAND_BITS);
    int place = Math.max(exponent, 1) - 1;
    lowest = Math.min(lowest, place + Long.numberOfTrailingZeros(significand));
    int limb = place / LIMB_BITS;
    int shift = place % LIMB_BITS;
    long above = significand >>> (LIMB_BITS - shift);
    limbs[limb] += (((significand << shift) & LIMB) ^ sign) - sign;
    limbs[limb + 1] += ((above & LIMB) ^ sign) - sign;
    limbs[limb + 2] += ((above >>> LIMB_BITS) ^ sign) - sign;
  }

  /** The sum so far. */
  ExactSum total() {
    int from = 0;
    int to = LIMBS;
    while (from < to && limbs[from] == 0) {
      from++;
    }
    while (to > from && limbs[to - 1] == 0) {
      to--;
    }
    BigInteger sum = BigInteger.ZERO;
    for (int i = to - 1; i >= from; i--) {
      sum = sum.shiftLeft(LIMB_BITS).add(BigInteger.valueOf(limbs[i]));
    }
    int scale = -LEAST_EXPONENT - lowest; // as many digits as bits after the point
    return new ExactSum(decimal(sum, from * LIMB_BITS + LEAST_EXPONENT).setScale(scale), special);
  }

  // sum * 2^exponent
  private static BigDecimal decimal(BigInteger sum, int exponent) {
    int odd = Math.max(sum.getLowestSetBit(), 0);
    int scale = -(exponent + odd);
    BigInteger reduced = sum.shiftRight(odd);
    return scale > 0
        ? new BigDecimal(reduced.multiply(BigInteger.valueOf(5).pow(scale)), scale)
        : new BigDecimal(reduced.shiftLeft(-scale));
  }
}
