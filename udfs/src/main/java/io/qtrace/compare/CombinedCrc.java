package io.qtrace.compare;

/**
 * CRC-32 of two parts together, from that of each, as zlib's {@code crc32_combine}: a CRC is a
 * polynomial over GF(2), and the bytes that follow multiply it by a power of x. Hadoop's CrcUtil
 * does this too, with another signature in each release.
 */
final class CombinedCrc {
  private static final int POLYNOMIAL = 0xedb88320; // the lowest bit is the highest power
  private static final int ONE = 1 << 31;
  private static final int BYTE = 1 << 23; // x to the power of 8

  private CombinedCrc() {}

  /**
   * @param first CRC-32 of the first part
   * @param second CRC-32 of the part that follows
   * @param length bytes of the part that follows
   */
  static int of(int first, int second, long length) {
    int power = ONE;
    int square = BYTE;
    for (long rest = length; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        power = product(power, square);
      }
      square = product(square, square);
    }
    return product(power, first) ^ second;
  }

  private static int product(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) != 0 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
    }
    return product;
  }
}
