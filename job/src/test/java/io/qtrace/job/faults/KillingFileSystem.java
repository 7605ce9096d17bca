package io.qtrace.job.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/** Local files as {@code killing:/...}; the process dies of SIGKILL at one of its changes. */
public final class KillingFileSystem extends RawLocalFileSystem {
  private static final AtomicInteger LEFT =
      new AtomicInteger(Integer.MAX_VALUE); // changes until then

  /** Lets this process die at a change, counted from 1. */
  public static void killAt(int change) {
    LEFT.set(change);
  }

  /** Changes so far in a process that dies at none. */
  static int changes() {
    return Integer.MAX_VALUE - LEFT.get();
  }

  @Override
  public String getScheme() {
    return "killing";
  }

  @Override
  public URI getUri() {
    return URI.create("killing:///");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change();
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path file, boolean recursive) throws IOException {
    change();
    return super.delete(file, recursive);
  }

  @Override
  protected OutputStream createOutputStreamWithMode(
      Path file, boolean append, FsPermission permission) throws IOException {
    OutputStream out = super.createOutputStreamWithMode(file, append, permission);
    change(); // the file is there, without content
    return out;
  }

  private static void change() throws IOException {
    if (LEFT.decrementAndGet() == 0) {
      String self = Long.toString(ProcessHandle.current().pid());
      try {
        new ProcessBuilder("kill", "-9", self).start().waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw new IOException("Cannot kill this process");
    }
  }
}
