package io.qtrace.job.audit;

import io.qtrace.tensor.CheckpointIndex;
import java.io.Serializable;
import java.util.Objects;

/** What came of indexing one file: an index, or why there is none. */
sealed interface IndexedCheckpoint extends Serializable {
  /**
   * The file could be indexed.
   *
   * @param bytesRead bytes asked of the object store for it
   */
  record Readable(CheckpointIndex index, long bytesRead) implements IndexedCheckpoint {
    public Readable {
      Objects.requireNonNull(index, "index");
    }
  }

  /**
   * The file could not be indexed.
   *
   * @param reason one line that names the file
   */
  record Unreadable(String reason) implements IndexedCheckpoint {
    public Unreadable {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
