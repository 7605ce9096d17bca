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
 * An object on a file system with atomic rename: written under a hidden name in the same folder,
 * then renamed.
 */
final class RenameCommitOutput extends StreamedOutput {
  private final Configuration hadoop;
  private final WriteMode existing;

  RenameCommitOutput(FileSystem fs, Configuration hadoop, Path target, WriteMode existing)
      throws IOException {
    super(fs, target, hidden(target), WriteMode.FAIL_IF_EXISTS);
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
    if (existing == WriteMode.FAIL_IF_EXISTS) {
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
      case FAIL_IF_EXISTS -> Rename.NONE;
      case OVERWRITE -> Rename.OVERWRITE;
    };
  }
}
