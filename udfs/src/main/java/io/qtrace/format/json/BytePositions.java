package io.qtrace.format.json;

/**
 * Turns offsets in UTF-16 characters into those in the UTF-8 bytes that they came from; quick where
 * each is at or after the one before.
 */
final class BytePositions {
  private final long start;
  private final byte[] text;
  private long chars;
  private int bytes;

  /**
   * @param start position of the text's first byte
   * @param text valid UTF-8
   */
  BytePositions(long start, byte[] text) {
    this.start = start;
    this.text = text;
  }

  long ofChar(long offset) {
    if (offset < chars) {
      chars = 0;
      bytes = 0;
    }
    while (chars < offset && bytes < text.length) {
      int length = sequenceLength(text[bytes]);
      bytes += length;
      chars += length == 4 ? 2 : 1;
    }
    return start + bytes;
  }

  private static int sequenceLength(byte first) {
    return first >= 0 ? 1 : Integer.numberOfLeadingZeros(~first << 24);
  }
}
