package io.qtrace.format.pytorch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sound files around what a fuzzer makes up. */
public final class FuzzFiles {
  private FuzzFiles() {}

  /** A zip archive whose pickle is given, with a storage of 16 bytes. */
  public static byte[] zip(byte[] pickle) {
    return ZipBytes.checkpoint(pickle);
  }

  /** A legacy file whose object and what follows it are given. */
  public static byte[] legacy(byte[] object) {
    byte[] preamble =
        PickleBytes.protocol2()
            .raw("\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.")
            .raw("\u0080\u0002M\u00e9\u0003.")
            .raw("\u0080\u0002}.")
            .unfinished();
    return ByteBuffer.allocate(preamble.length + object.length).put(preamble).put(object).array();
  }

  /** A safetensors file whose header is given, with 16 bytes of data. */
  public static byte[] header(byte[] json) {
    return ByteBuffer.allocate(8 + json.length + 16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }
}
