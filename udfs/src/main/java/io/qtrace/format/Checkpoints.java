package io.qtrace.format;

import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;

/** Reads what a checkpoint file holds, whatever its format, without its data. */
public final class Checkpoints {
  private final ObjectStore store;

  public Checkpoints(ObjectStore store) {
    this.store = store;
  }

  /**
   * Indexes one file: its first bytes tell the format.
   *
   * @throws io.qtrace.io.FormatException if the file is damaged, hostile or of no known format
   */
  public CheckpointIndex index(String uri) throws IOException {
    throw new UnsupportedOperationException();
  }
}
