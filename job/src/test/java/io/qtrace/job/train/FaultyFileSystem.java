package io.qtrace.job.train;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Local files as {@code faulty:/...}. The first time that a file gets the name {@link #FATAL} the
 * caller hears what a GPU says whose context is lost.
 */
public final class FaultyFileSystem extends RawLocalFileSystem {
  static final String FATAL = "checkpoint_step32.pt";

  @Override
  public URI getUri() {
    return URI.create("faulty:///");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    if (to.getName().equals(FATAL) && marker(to).createNewFile()) {
      throw new IOException("CUDA error: an illegal memory access was encountered");
    }
    return super.rename(from, to);
  }

  private File marker(Path to) {
    return new File(pathToFile(to).getParentFile(), "fault");
  }
}
