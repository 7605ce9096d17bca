package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * The bytes of a pickle in order, from memory or fetched in growing pieces; never past its end, and
 * never an array larger than what remains.
 */
final class PickleInput {
  private static final int FIRST_FETCH = 16 << 10;
  private static final int LARGEST_FETCH = 1 << 20;

  /** Where bytes beyond the window come from. */
  @FunctionalInterface
  private interface Source {
    byte[] read(long position, int length) throws IOException;
  }

  private final String file;
  private final Source source;
  private final long end;
  private byte[] window;
  private long windowStart;
  private int cursor;
  private int nextFetch = FIRST_FETCH;

  private PickleInput(String file, Source source, byte[] window, long start, long end) {
    this.file = file;
    this.source = source;
    this.window = window;
    this.windowStart = start;
    this.end = end;
  }

  /** Bytes that lie at {@code position} of the file and are here already. */
  static PickleInput of(String file, byte[] bytes, long position) {
    return new PickleInput(
        file, (from, length) -> new byte[length], bytes, position, position + bytes.length);
  }

  /** Bytes {@code [0, end)} of the file, fetched as they are needed. */
  static PickleInput of(RangeReader reader, long end) {
    return new PickleInput(reader.uri(), reader::read, new byte[0], 0, end);
  }

  /** The byte of the file that comes next. */
  long position() {
    return windowStart + cursor;
  }

  /** URI of the file. */
  String file() {
    return file;
  }

  long remaining() {
    return end - position();
  }

  int u8() throws IOException {
    require(1);
    if (cursor == window.length) {
      fetch();
    }
    return window[cursor++] & 0xff;
  }

  int u16() throws IOException {
    return (int) littleEndian(2);
  }

  long u32() throws IOException {
    return littleEndian(4);
  }

  int i32() throws IOException {
    return (int) littleEndian(4);
  }

  /** A length of eight bytes; what exceeds 63 bits exceeds the file too. */
  long u64() throws IOException {
    long at = position();
    long value = littleEndian(8);
    if (value < 0) {
      throw fault(at, "Invalid length: " + Long.toUnsignedString(value) + ", beyond 63 bits");
    }
    return value;
  }

  double bigEndianDouble() throws IOException {
    return Double.longBitsToDouble(Long.reverseBytes(littleEndian(8)));
  }

  byte[] bytes(long length) throws IOException {
    require(length);
    byte[] bytes = new byte[Math.toIntExact(length)]; // the whole input is below 2^31
    int filled = 0;
    while (filled < bytes.length) {
      if (cursor == window.length) {
        fetch();
      }
      int piece = Math.min(bytes.length - filled, window.length - cursor);
      System.arraycopy(window, cursor, bytes, filled, piece);
      cursor += piece;
      filled += piece;
    }
    return bytes;
  }

  void skip(long length) throws IOException {
    require(length);
    if (length <= window.length - cursor) {
      cursor += (int) length;
    } else {
      windowStart = position() + length;
      window = new byte[0];
      cursor = 0;
    }
  }

  /** The bytes up to the next line feed, which is consumed; at most {@code limit}. */
  byte[] line(long limit) throws IOException {
    long start = position();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = u8(); b != '\n'; b = u8()) {
      if (line.size() >= limit) {
        throw fault(start, "Invalid line: more than " + limit + " bytes");
      }
      line.write(b);
    }
    return line.toByteArray();
  }

  FormatException fault(String reason) {
    return fault(position(), reason);
  }

  FormatException fault(long position, String reason) {
    return new FormatException(file, position, reason);
  }

  private long littleEndian(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) u8() << (8 * i);
    }
    return value;
  }

  private void require(long length) throws FormatException {
    if (length > remaining()) {
      throw fault("Invalid pickle: %d bytes wanted, %d remain".formatted(length, remaining()));
    }
  }

  private void fetch() throws IOException {
    long start = position();
    window = source.read(start, (int) Math.min(nextFetch, end - start));
    windowStart = start;
    cursor = 0;
    nextFetch = Math.min(2 * nextFetch, LARGEST_FETCH);
  }
}
