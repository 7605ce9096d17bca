package io.qtrace.io;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;

/** The bytes of an object on their way to its store; failures name the object. */
final class TargetStream extends OutputStream {
  private final Path target;
  private final FSDataOutputStream out;

  TargetStream(Path target, FSDataOutputStream out) {
    this.target = target;
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      out.write(bytes, from, count);
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Ends the object: the store has all its bytes. */
  @Override
  public void close() throws IOException {
    try {
      out.close();
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  static IOException failure(Path target, IOException cause) {
    return new IOException(
        "Cannot write %s: %s".formatted(SafeText.of(target.toString()), cause.getMessage()), cause);
  }
}
