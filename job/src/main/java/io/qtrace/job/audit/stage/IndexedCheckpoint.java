package io.qtrace.job.audit.stage;

import io.qtrace.io.ObjectStat;
import io.qtrace.tensor.CheckpointIndex;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/** What came of indexing one file: an index, or why there is none. */
public sealed interface IndexedCheckpoint extends Serializable {
  /**
   * The file could be indexed.
   *
   * @param files what was opened, as it was then
   * @param bytesRead bytes asked of the object store for it
   */
  record Readable(CheckpointIndex index, List<ObjectStat> files, long bytesRead)
      implements IndexedCheckpoint {
    public Readable {
      Objects.requireNonNull(index, "index");
      files = List.copyOf(files);
    }
  }

  /**
   * The file is damaged, hostile or no checkpoint: so it will be until it is written anew.
   *
   * @param reason one line that names the file
   */
  record Unreadable(String reason) implements IndexedCheckpoint {
    public Unreadable {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * The file could not be had: it went away, or the store refused it.
   *
   * @param reason one line that names the file
   */
  record Unavailable(String reason) implements IndexedCheckpoint {
    public Unavailable {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
