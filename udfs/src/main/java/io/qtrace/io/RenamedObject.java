package io.qtrace.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
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
final class RenamedObject extends StreamedObject {
  private final Configuration hadoop;
  private final Existing existing;

  RenamedObject(FileSystem fs, Configuration hadoop, Path target, Existing existing)
      throws IOException {
    super(fs, target, hidden(target), Existing.REFUSE);
    this.hadoop = hadoop;
    this.existing = existing;
  }

  private static Path hidden(Path target) {
    return new Path(target.getParent(), ".qtrace-%s.tmp".formatted(UUID.randomUUID().toString()));
  }

  @Override
  void publish() throws IOException {
    if (out.hasCapability(StreamCapabilities.HSYNC)) {
      out.hsync(); // else a crash may leave the name without the bytes
    }
    stream().close();
    rename();
  }

  @Override
  void discard() throws IOException {
    try {
      out.close();
    } catch (IOException e) {
      // the failure that ended the writing was thrown already
    } finally {
      fs.delete(written, false);
    }
  }

  private void rename() throws IOException {
    if (existing == Existing.REFUSE) {
      ObjectStore.requireAbsent(fs, target);
    }
    try {
      if (!(fs instanceof RawLocalFileSystem)) {
        FileContext.getFileContext(fs.getUri(), hadoop).rename(written, target, option());
      } else if (!fs.rename(written, target)) { // replaces what is there, as POSIX does
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
