package io.qtrace.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A known number of bytes that are read in ranges: from a file, from memory, or computed. */
public interface ByteSource {
  /** The number of bytes. */
  long bytes();

  /**
   * Fills the target, from its position to its limit, with the bytes from {@code position} on.
   *
   * @throws FormatException if the bytes are not what their file claims
   */
  void read(long position, ByteBuffer target) throws IOException;

  /** The bytes of a buffer from its position to its limit; they must not change any more. */
  static ByteSource of(ByteBuffer buffer) {
    ByteBuffer content = buffer.slice();
    return new ByteSource() {
      @Override
      public long bytes() {
        return content.capacity();
      }

      @Override
      public void read(long position, ByteBuffer target) {
        Objects.checkFromIndexSize(position, target.remaining(), content.capacity());
        target.put(content.slice((int) position, target.remaining()));
      }
    };
  }
}
