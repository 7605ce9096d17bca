package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The last bytes of a file, read at once: its end records, and most often its directory. */
final class ZipTail {
  private final RangeReader reader;
  private final long start;
  private final byte[] bytes;

  private ZipTail(RangeReader reader, long start, byte[] bytes) {
    this.reader = reader;
    this.start = start;
    this.bytes = bytes;
  }

  static ZipTail read(RangeReader reader) throws IOException {
    long share = reader.length() / TorchZipFormat.TAIL_SHARE;
    long tail =
        Math.max(TorchZipFormat.MIN_TAIL_BYTES, Math.min(TorchZipFormat.MAX_TAIL_BYTES, share));
    long start = Math.max(0, reader.length() - tail);
    return new ZipTail(reader, start, reader.read(start, (int) (reader.length() - start)));
  }

  /** The position behind the file's last byte. */
  long end() {
    return start + bytes.length;
  }

  boolean holds(long position) {
    return position >= start;
  }

  /** Bytes of the file, little endian: from here, or read now if they lie before. */
  ByteBuffer get(long position, int length) throws IOException {
    ByteBuffer buffer =
        holds(position)
            ? ByteBuffer.wrap(bytes, (int) (position - start), length).slice()
            : ByteBuffer.wrap(reader.read(position, length));
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  FormatException fault(long position, String reason) {
    return new FormatException(reader.uri(), position, reason);
  }
}
