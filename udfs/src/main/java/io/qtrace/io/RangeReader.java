package io.qtrace.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileRange;

/**
 * Reads ranges of one object, never the whole of it; counts the bytes it asked for. Not thread
 * safe.
 */
public final class RangeReader implements RangeSource, Closeable {
  // Streams that are read in turn: about 300 KiB each.
  private static final int MAX_INFLATING = 8;

  /**
   * A range of the object and where its bytes go: {@code target.remaining()} of them from {@code
   * position}.
   */
  public record Range(long position, ByteBuffer target) {}

  private final ObjectStat stat;
  private final FSDataInputStream stream;
  private final KeptRanges kept;
  private final Map<DeflateStream, Inflating> inflating =
      new LinkedHashMap<>(16, 0.75f, true); // least recently used first
  private final Set<InFlight> inFlight = new HashSet<>();
  private long bytesRead;

  /** Reads from a stream, and closes it. */
  public RangeReader(ObjectStat stat, FSDataInputStream stream) {
    this.stat = stat;
    this.stream = stream;
    this.kept = new KeptRanges(stat.uri(), stat.bytes());
  }

  public ObjectStat stat() {
    return stat;
  }

  @Override
  public String uri() {
    return stat.uri();
  }

  @Override
  public long length() {
    return stat.bytes();
  }

  /** Bytes requested so far. */
  public long bytesRead() {
    return bytesRead;
  }

  /**
   * Reads a part of the object and keeps it, so that it is not requested again. For the ends of a
   * file, where formats have their headers, to save requests to an object store.
   *
   * @throws FormatException if the object ends before
   */
  public void keep(long position, int length) throws IOException {
    kept.keep(position, ByteBuffer.wrap(read(position, length)));
  }

  /**
   * Bytes {@code [position, position + length)} in a new array; for headers, not for data.
   *
   * @throws FormatException if the object ends before
   */
  public byte[] read(long position, int length) throws IOException {
    kept.requireInside(position, length);
    byte[] bytes = new byte[length];
    read(List.of(new Range(position, ByteBuffer.wrap(bytes))));
    return bytes;
  }

  /** {@inheritDoc} All ranges are in flight together. */
  @Override
  public void read(List<Range> ranges) throws IOException {
    begin(ranges).await();
  }

  @Override
  public PendingRead begin(List<Range> ranges) throws IOException {
    kept.requireInside(ranges);
    CloseStack asked = new CloseStack();
    try {
      for (Range range : ranges) {
        if (range.target().hasRemaining() && !kept.copy(range)) {
          asked.add(submit(range));
        }
      }
      return asked::close;
    } catch (IOException | RuntimeException e) {
      try (asked) {
        throw e;
      }
    }
  }

  @Override
  public void readInflated(DeflateStream compressed, List<Range> ranges) throws IOException {
    kept.requireInside(compressed.position(), compressed.stored());
    Inflating content = inflating.get(compressed);
    if (content == null) {
      if (inflating.size() == MAX_INFLATING) {
        Iterator<Inflating> oldest = inflating.values().iterator();
        oldest.next().close();
        oldest.remove();
      }
      content = new Inflating(this, compressed);
      inflating.put(compressed, content);
    }
    content.read(ranges);
  }

  /** Waits for what is being read. */
  @Override
  public void close() throws IOException {
    inFlight.forEach(InFlight::settle);
    inflating.values().forEach(Inflating::close);
    stream.close();
  }

  // One vectored call a range, so that no store merges ranges into buffers of its own: the bytes go
  // straight to the target, and stores that read in the background have all ranges in flight.
  private InFlight submit(Range range) throws IOException {
    ByteBuffer direct = range.target().slice();
    FileRange request = FileRange.createFileRange(range.position(), direct.remaining());
    stream.readVectored(
        List.of(request),
        length -> length == direct.capacity() ? direct : ByteBuffer.allocate(length));
    bytesRead += direct.capacity();
    InFlight asked = new InFlight(request, direct, range.target());
    inFlight.add(asked);
    return asked;
  }

  /** A requested read: closing it waits for the bytes, even if interrupted. */
  private final class InFlight implements Closeable {
    private final FileRange request;
    private final ByteBuffer direct;
    private final ByteBuffer target;

    InFlight(FileRange request, ByteBuffer direct, ByteBuffer target) {
      this.request = request;
      this.direct = direct;
      this.target = target;
    }

    void settle() {
      request.getData().exceptionally(failure -> direct).join();
    }

    @Override
    public void close() throws IOException {
      inFlight.remove(this);
      try {
        ByteBuffer data = request.getData().join();
        if (data == direct) {
          target.position(target.limit());
        } else {
          target.put(data);
        }
      } catch (CompletionException e) {
        throw new IOException(
            "Cannot read %s: %d bytes at %d: %s"
                .formatted(uri(), request.getLength(), request.getOffset(), e.getCause()),
            e.getCause());
      }
    }
  }
}
