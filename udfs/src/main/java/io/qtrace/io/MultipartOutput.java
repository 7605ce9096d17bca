package io.qtrace.io;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An object in a store that makes it visible when its upload is complete, and can abort the upload.
 */
final class MultipartOutput extends StreamedOutput {
  MultipartOutput(FileSystem fs, Path target, WriteMode existing) throws IOException {
    super(fs, target, target, existing);
  }

  @Override
  void publish() throws IOException {
    stream().close();
  }

  @Override
  void discard() {
    out.abort();
  }
}
