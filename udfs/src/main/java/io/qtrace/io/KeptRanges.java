package io.qtrace.io;

import io.qtrace.io.RangeReader.Range;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Parts of a file that are held in memory. Not thread safe. */
public final class KeptRanges implements RangeSource {
  private final String uri;
  private final long length;
  private final NavigableMap<Long, ByteBuffer> pieces =
      new TreeMap<>(); // none of them inside another

  /**
   * @param uri of the file, for messages
   * @param length bytes of the file
   */
  public KeptRanges(String uri, long length) {
    this.uri = uri;
    this.length = length;
  }

  /**
   * Adds a part.
   *
   * @param bytes of which those from 0 to the limit are kept, not copied
   */
  public void keep(long position, ByteBuffer bytes) {
    long end = position + bytes.limit();
    Map.Entry<Long, ByteBuffer> before = pieces.floorEntry(position);
    if (before != null && before.getKey() + before.getValue().limit() >= end) {
      return;
    }
    pieces
        .subMap(position, true, end, false)
        .entrySet()
        .removeIf(piece -> piece.getKey() + piece.getValue().limit() <= end);
    pieces.put(position, bytes);
  }

  @Override
  public String uri() {
    return uri;
  }

  @Override
  public long length() {
    return length;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if a range is not within one kept part
   */
  @Override
  public void read(List<Range> ranges) throws FormatException {
    requireInside(ranges);
    for (Range range : ranges) {
      if (range.target().hasRemaining() && !copy(range)) {
        throw new IllegalStateException(
            "Cannot find %d bytes at %d of %s in memory"
                .formatted(range.target().remaining(), range.position(), SafeText.of(uri)));
      }
    }
  }

  /** Streams are not kept, since it is not known in advance what parts of a file expand to. */
  @Override
  public void readInflated(DeflateStream stream, List<Range> ranges) {
    throw new IllegalStateException(
        "Cannot inflate %d bytes at %d of %s from memory"
            .formatted(stream.stored(), stream.position(), SafeText.of(uri)));
  }

  /** Fills the target if one part holds the whole range. */
  boolean copy(Range range) {
    // No part is within another, so this one reaches furthest of all that begin before the range.
    Map.Entry<Long, ByteBuffer> piece = pieces.floorEntry(range.position());
    if (piece == null) {
      return false;
    }
    ByteBuffer target = range.target();
    int count = target.remaining();
    long from = range.position() - piece.getKey();
    if (from + count > piece.getValue().limit()) {
      return false;
    }
    target.put(target.position(), piece.getValue(), (int) from, count);
    target.position(target.limit());
    return true;
  }

  void requireInside(List<Range> ranges) throws FormatException {
    for (Range range : ranges) {
      requireInside(range.position(), range.target().remaining());
    }
  }

  void requireInside(long position, long bytes) throws FormatException {
    if (position < 0 || bytes > length - position) {
      throw new FormatException(
          uri,
          length,
          "Invalid range: %d bytes from %d, expected them before the end"
              .formatted(bytes, position));
    }
  }
}
