package io.qtrace.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Local files that count what is asked of them; for one test at a time. */
public final class CountingFileSystem extends RawLocalFileSystem {
  private static final AtomicInteger OPENED = new AtomicInteger();
  private static final AtomicInteger OPEN = new AtomicInteger();
  private static final AtomicInteger MOST_OPEN = new AtomicInteger();
  private static final AtomicInteger STATUS_REQUESTS = new AtomicInteger();
  private static final Queue<Read> READS = new ConcurrentLinkedQueue<>();

  /** One range that was asked for. */
  public record Read(String file, long position, int bytes) {}

  /** A store of local files, and counts from 0. */
  public static ObjectStore store() {
    OPENED.set(0);
    OPEN.set(0);
    MOST_OPEN.set(0);
    STATUS_REQUESTS.set(0);
    READS.clear();
    Configuration hadoop = new Configuration();
    hadoop.set("fs.file.impl", CountingFileSystem.class.getName());
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    return new ObjectStore(hadoop);
  }

  public static int opened() {
    return OPENED.get();
  }

  public static int open() {
    return OPEN.get();
  }

  /** Most files that were open at one time. */
  public static int mostOpen() {
    return MOST_OPEN.get();
  }

  /** Requests for a file's status, those of an open itself left out. */
  public static int statusRequests() {
    return STATUS_REQUESTS.get();
  }

  public static List<Read> reads() {
    return List.copyOf(READS);
  }

  @Override
  public FileStatus getFileStatus(Path file) throws IOException {
    STATUS_REQUESTS.incrementAndGet();
    return super.getFileStatus(file);
  }

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    int statusRequests = STATUS_REQUESTS.get();
    FSDataInputStream stream = super.open(file, bufferSize);
    STATUS_REQUESTS.set(statusRequests);
    OPENED.incrementAndGet();
    MOST_OPEN.accumulateAndGet(OPEN.incrementAndGet(), Math::max);
    return new FSDataInputStream(stream.getWrappedStream()) {
      @Override
      public void readVectored(List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate)
          throws IOException {
        for (FileRange range : ranges) {
          READS.add(new Read(file.toUri().getPath(), range.getOffset(), range.getLength()));
        }
        super.readVectored(ranges, allocate);
      }

      @Override
      public void close() throws IOException {
        OPEN.decrementAndGet();
        super.close();
      }
    };
  }
}
