package io.qtrace.io;

import io.qtrace.io.RangeReader.Range;
import java.io.IOException;
import java.util.List;

/**
 * A part of a file that is a raw deflate stream (RFC 1951).
 *
 * @param position its first byte in the file
 * @param stored its length in the file
 * @param bytes length of the inflated content, as the file states it: more is never inflated
 */
public record DeflateStream(long position, long stored, long bytes) {
  /** Maximum expansion factor of a deflate stream, from zlib's documentation. */
  public static final long MAX_RATIO = 1032;

  public DeflateStream {
    if (position < 0 || stored < 0 || bytes < 0 || position > Long.MAX_VALUE - stored) {
      throw new IllegalArgumentException(
          "Invalid deflate stream: %d bytes at %d that expand to %d"
              .formatted(stored, position, bytes));
    }
  }

  /**
   * The file as if the stream's content lay at {@link #position()} uncompressed: byte {@code i} of
   * it is at {@code position + i}, and nothing else can be read.
   */
  public RangeSource in(RangeSource file) {
    return new Content(this, file);
  }

  private record Content(DeflateStream stream, RangeSource file) implements RangeSource {
    @Override
    public String uri() {
      return file.uri();
    }

    @Override
    public long length() {
      return file.length();
    }

    @Override
    public void read(List<Range> ranges) throws IOException {
      file.readInflated(stream, ranges);
    }

    @Override
    public void readInflated(DeflateStream inner, List<Range> ranges) {
      throw new IllegalStateException("Cannot read a deflate stream within another");
    }
  }
}
