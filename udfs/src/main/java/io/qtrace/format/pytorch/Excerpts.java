package io.qtrace.format.pytorch;

import io.qtrace.io.RangeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Scattered small parts of a file, read together: neighbours in one request, all in flight. */
final class Excerpts {
  /** Bytes that are read needlessly rather than asking twice. */
  private static final int NEAR = 4096;

  private final NavigableMap<Long, ByteBuffer> pieces;

  private Excerpts(NavigableMap<Long, ByteBuffer> pieces) {
    this.pieces = pieces;
  }

  /** A part of the file. */
  record Span(long position, int bytes) {
    long end() {
      return position + bytes;
    }
  }

  /**
   * Reads the spans.
   *
   * @param spans ordered by position
   */
  static Excerpts read(RangeReader reader, List<Span> spans) throws IOException {
    List<RangeReader.Range> ranges = ranges(spans);
    reader.read(ranges);
    return of(ranges);
  }

  /** Ranges to read that hold the spans, neighbours in one. */
  static List<RangeReader.Range> ranges(List<Span> spans) {
    return merged(spans).stream()
        .map(span -> new RangeReader.Range(span.position(), ByteBuffer.allocate(span.bytes())))
        .toList();
  }

  /** What {@link #ranges} gave, filled. */
  static Excerpts of(List<RangeReader.Range> read) {
    NavigableMap<Long, ByteBuffer> pieces = new TreeMap<>();
    read.forEach(range -> pieces.put(range.position(), range.target().duplicate().rewind()));
    return new Excerpts(pieces);
  }

  /** The bytes of a span, or part of a span, that was read; little endian. */
  ByteBuffer get(long position, int bytes) {
    Map.Entry<Long, ByteBuffer> piece = pieces.floorEntry(position);
    return piece
        .getValue()
        .slice((int) (position - piece.getKey()), bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static List<Span> merged(List<Span> spans) {
    List<Span> merged = new ArrayList<>();
    for (Span span : spans) {
      Span last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && span.position() - last.end() <= NEAR) {
        long end = Math.max(last.end(), span.end());
        merged.set(
            merged.size() - 1, new Span(last.position(), Math.toIntExact(end - last.position())));
      } else {
        merged.add(span);
      }
    }
    return merged;
  }
}
