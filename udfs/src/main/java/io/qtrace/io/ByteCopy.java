package io.qtrace.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Copies sources to a stream through one block of memory. Not thread safe. */
public final class ByteCopy {
  private static final int BLOCK_BYTES = 4 << 20;

  private final OutputStream out;
  private final byte[] block = new byte[BLOCK_BYTES];

  public ByteCopy(OutputStream out) {
    this.out = out;
  }

  /** Copies {@code length} bytes from {@code from} on, and returns their CRC-32. */
  public long copy(ByteSource source, long from, long length) throws IOException {
    CRC32 crc = new CRC32();
    for (long done = 0; done < length; ) {
      int count = (int) Math.min(block.length, length - done);
      source.read(from + done, ByteBuffer.wrap(block, 0, count));
      crc.update(block, 0, count);
      out.write(block, 0, count);
      done += count;
    }
    return crc.getValue();
  }
}
