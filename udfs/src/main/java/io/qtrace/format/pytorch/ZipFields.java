package io.qtrace.format.pytorch;

import java.nio.ByteBuffer;

/** Takes unsigned fields of a zip's structures from a little-endian buffer. */
final class ZipFields {
  private ZipFields() {}

  static int u16(ByteBuffer fields) {
    return fields.getShort() & 0xffff;
  }

  static long u32(ByteBuffer fields) {
    return fields.getInt() & 0xffffffffL;
  }
}
