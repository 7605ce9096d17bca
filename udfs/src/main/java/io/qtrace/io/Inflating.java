package io.qtrace.io;

import io.qtrace.io.RangeReader.Range;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates one stream of a file from front to back, a buffer of it at a time. Ranges that ascend
 * from one call to the next cost one pass; a range before the last one starts a new pass. May be
 * read again after it was closed. Not thread safe.
 */
final class Inflating implements Closeable {
  private static final int INPUT_BYTES = 1 << 18;
  private static final int SKIP_BYTES = 1 << 16;

  private final RangeSource file;
  private final DeflateStream stream;
  private Inflater inflater; // null before the first byte and after the last
  private byte[] input;
  private long taken; // bytes of the stream that the inflater was given
  private long at; // bytes of the content that it gave

  Inflating(RangeSource file, DeflateStream stream) {
    this.file = file;
    this.stream = stream;
  }

  /**
   * Fills every range's target; see {@link DeflateStream#in}.
   *
   * @throws FormatException if the stream is damaged, or expands to more or less than its file
   *     states
   */
  void read(List<Range> ranges) throws IOException {
    List<Range> ascending = new ArrayList<>(ranges);
    ascending.sort(Comparator.comparingLong(Range::position));
    for (Range range : ascending) {
      long from = range.position() - stream.position();
      if (from < 0 || range.target().remaining() > stream.bytes() - from) {
        throw new FormatException(
            file.uri(),
            stream.position(),
            "Invalid range: %d bytes from %d of %d inflated ones"
                .formatted(range.target().remaining(), from, stream.bytes()));
      }
      if (range.target().hasRemaining()) {
        moveTo(from);
        fill(range.target());
      }
    }
  }

  @Override
  public void close() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
      input = null;
    }
  }

  private void moveTo(long from) throws IOException {
    if (inflater == null || from < at) {
      close();
      inflater = new Inflater(true);
      input = new byte[(int) Math.min(INPUT_BYTES, stream.stored())];
      taken = 0;
      at = 0;
    }
    if (at < from) {
      ByteBuffer skipped = ByteBuffer.allocate((int) Math.min(SKIP_BYTES, from - at));
      while (at < from) {
        fill(skipped.clear().limit((int) Math.min(skipped.capacity(), from - at)));
      }
    }
  }

  private void fill(ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      int count = inflate(target);
      at += count;
      if (count == 0 && inflater.finished()) {
        throw fault("expands to %d bytes, expected %d".formatted(at, stream.bytes()));
      }
    }
    if (at == stream.bytes()) {
      requireEnd();
      close();
    }
  }

  private void requireEnd() throws IOException {
    ByteBuffer more = ByteBuffer.allocate(1);
    while (!inflater.finished()) {
      if (inflate(more) > 0) {
        throw fault("expands to more than %d bytes".formatted(stream.bytes()));
      }
    }
    long rest = inflater.getRemaining() + stream.stored() - taken;
    if (rest > 0) {
      throw fault("ends %d bytes before its member does".formatted(rest));
    }
  }

  // How many bytes the inflater gave: none if it ended, or has to be called again.
  private int inflate(ByteBuffer target) throws IOException {
    try {
      int count = inflater.inflate(target);
      if (count == 0 && inflater.needsDictionary()) {
        throw fault("needs a dictionary");
      }
      if (count == 0 && inflater.needsInput() && !inflater.finished()) {
        feed();
      }
      return count;
    } catch (DataFormatException e) {
      throw fault("is damaged: " + SafeText.quoted(String.valueOf(e.getMessage())));
    }
  }

  private void feed() throws IOException {
    int count = (int) Math.min(input.length, stream.stored() - taken);
    if (count == 0) {
      throw fault("is cut off after %d bytes of %d".formatted(at, stream.bytes()));
    }
    file.read(List.of(new Range(stream.position() + taken, ByteBuffer.wrap(input, 0, count))));
    inflater.setInput(input, 0, count);
    taken += count;
  }

  private FormatException fault(String reason) {
    long position = stream.position() + taken - (inflater == null ? 0 : inflater.getRemaining());
    close();
    return new FormatException(file.uri(), position, "Invalid deflate stream: it " + reason);
  }
}
