package io.qtrace.io;

import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** An object of a store that shows it when its upload is complete, and can abort the upload. */
final class UploadedObject implements PendingObject {
  private final FileSystem fs;
  private final Path target;
  private final FSDataOutputStream out;
  private final TargetStream stream;
  private boolean committed;

  UploadedObject(FileSystem fs, Path target, Existing existing) throws IOException {
    this.fs = fs;
    this.target = target;
    try {
      this.out = fs.create(target, existing == Existing.REPLACE);
    } catch (IOException e) {
      throw TargetStream.failure(target, e);
    }
    this.stream = new TargetStream(target, out);
  }

  @Override
  public OutputStream stream() {
    return stream;
  }

  @Override
  public ObjectStat commit() throws IOException {
    stream.close();
    committed = true;
    return ObjectStore.stat(fs.getFileStatus(target));
  }

  @Override
  public void close() throws IOException {
    if (!committed) {
      out.abort();
    }
  }
}
