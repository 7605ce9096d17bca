package io.qtrace.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * An object on a file system that renames at once: written under a hidden name beside its own, then
 * renamed.
 */
final class RenamedObject implements PendingObject {
  private final FileSystem fs;
  private final Configuration hadoop;
  private final Path target;
  private final Existing existing;
  private final Path hidden;
  private final FSDataOutputStream out;
  private final TargetStream stream;
  private boolean committed;

  RenamedObject(FileSystem fs, Configuration hadoop, Path target, Existing existing)
      throws IOException {
    this.fs = fs;
    this.hadoop = hadoop;
    this.target = target;
    this.existing = existing;
    this.hidden =
        new Path(target.getParent(), ".qtrace-%s.tmp".formatted(UUID.randomUUID().toString()));
    try {
      this.out = fs.create(hidden, false);
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
    if (out.hasCapability(StreamCapabilities.HSYNC)) {
      out.hsync(); // else a crash may leave the name without the bytes
    }
    stream.close();
    rename();
    committed = true;
    return ObjectStore.stat(fs.getFileStatus(target));
  }

  @Override
  public void close() throws IOException {
    if (committed) {
      return;
    }
    try {
      out.close();
    } catch (IOException e) {
      // the failure that ended the writing was thrown already
    } finally {
      fs.delete(hidden, false);
    }
  }

  private void rename() throws IOException {
    if (existing == Existing.REFUSE) {
      ObjectStore.requireAbsent(fs, target);
    }
    try {
      if (!(fs instanceof RawLocalFileSystem)) {
        FileContext.getFileContext(fs.getUri(), hadoop).rename(hidden, target, option());
      } else if (!fs.rename(hidden, target)) { // replaces what is there, as POSIX does
        throw new FileNotFoundException("renaming failed");
      }
    } catch (IOException e) {
      throw TargetStream.failure(target, e);
    }
  }

  private Rename option() {
    return switch (existing) {
      case REFUSE -> Rename.NONE;
      case REPLACE -> Rename.OVERWRITE;
    };
  }
}
