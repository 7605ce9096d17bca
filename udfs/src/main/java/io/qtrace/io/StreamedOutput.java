package io.qtrace.io;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** An object written through one stream; subclasses decide how it becomes visible or is removed. */
abstract class StreamedOutput implements AtomicOutput {
  final FileSystem fs;
  final Path target;
  final Path written;
  final FSDataOutputStream out;
  private final TargetStream stream;
  private boolean committed;

  /**
   * @param target the name that the object will have
   * @param written the name under which its bytes are written
   * @param existing what happens to an object that has that name
   */
  StreamedOutput(FileSystem fs, Path target, Path written, WriteMode existing) throws IOException {
    this.fs = fs;
    this.target = target;
    this.written = written;
    try {
      this.out = fs.create(written, existing == WriteMode.OVERWRITE);
    } catch (IOException e) {
      throw TargetStream.failure(target, e);
    }
    this.stream = new TargetStream(target, out);
  }

  /** Ends the stream and makes the object visible. */
  abstract void publish() throws IOException;

  /** Removes the data of an object that was not committed. */
  abstract void discard() throws IOException;

  @Override
  public final OutputStream stream() {
    return stream;
  }

  @Override
  public final ObjectStat commit() throws IOException {
    publish();
    committed = true;
    return ObjectStore.stat(fs.getFileStatus(target));
  }

  @Override
  public final void close() throws IOException {
    if (!committed) {
      discard();
    }
  }
}
