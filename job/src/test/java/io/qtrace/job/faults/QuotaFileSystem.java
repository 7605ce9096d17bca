package io.qtrace.job.faults;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/** Local files as {@code quota:/...} on a disk that can be full. */
public final class QuotaFileSystem extends RawLocalFileSystem {
  static final AtomicLong LEFT = new AtomicLong(Long.MAX_VALUE); // bytes
  static final AtomicLong REFUSED = new AtomicLong(); // writes

  @Override
  public String getScheme() {
    return "quota";
  }

  @Override
  public URI getUri() {
    return URI.create("quota:///");
  }

  @Override
  protected OutputStream createOutputStream(Path file, boolean append) throws IOException {
    return limited(super.createOutputStream(file, append));
  }

  @Override
  protected OutputStream createOutputStreamWithMode(
      Path file, boolean append, FsPermission permission) throws IOException {
    return limited(super.createOutputStreamWithMode(file, append, permission));
  }

  private static OutputStream limited(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      // As a disk does, what still fits is written.
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        long left = LEFT.getAndAdd(-length);
        out.write(bytes, offset, (int) Math.max(0, Math.min(length, left)));
        if (left < length) {
          LEFT.set(0);
          REFUSED.incrementAndGet();
          throw new IOException("No space left on device");
        }
      }
    };
  }
}
