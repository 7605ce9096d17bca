package io.qtrace.io;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Local files that count how often they are opened and how many are open; for one test a time. */
public final class CountingFileSystem extends RawLocalFileSystem {
  private static final AtomicInteger OPENED = new AtomicInteger();
  private static final AtomicInteger OPEN = new AtomicInteger();

  /** A store of local files, and counts from 0. */
  public static ObjectStore store() {
    OPENED.set(0);
    OPEN.set(0);
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

  @Override
  public FSDataInputStream open(Path file, int bufferSize) throws IOException {
    FSDataInputStream stream = super.open(file, bufferSize);
    OPENED.incrementAndGet();
    OPEN.incrementAndGet();
    return new FSDataInputStream(stream.getWrappedStream()) {
      @Override
      public void close() throws IOException {
        OPEN.decrementAndGet();
        super.close();
      }
    };
  }
}
