package io.qtrace.job.compare;

import io.qtrace.io.ObjectStat;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.PickledGlobal;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * The result of indexing one file, small enough for the driver: the index itself stays on the
 * executor.
 */
public sealed interface IndexedCheckpoint extends Serializable {
  /**
   * The file could be indexed.
   *
   * @param format name of the file format
   * @param tensors number of tensors that can be compared
   * @param skipped content that cannot be compared, with the reason
   * @param files that were opened, as they were then
   * @param notes what was read in another way than the file states
   * @param globals names in its pickles, the worst first
   */
  record Readable(
      String format,
      int tensors,
      List<CheckpointIndex.Skipped> skipped,
      List<ObjectStat> files,
      List<String> notes,
      List<PickledGlobal> globals)
      implements IndexedCheckpoint {
    public Readable {
      Objects.requireNonNull(format, "format");
      skipped = List.copyOf(skipped);
      files = List.copyOf(files);
      notes = List.copyOf(notes);
      globals = List.copyOf(globals);
    }

    static Readable of(CheckpointIndex index, List<ObjectStat> files, List<PickledGlobal> globals) {
      return new Readable(
          index.format(), index.tensors().size(), index.skipped(), files, index.notes(), globals);
    }

    /** Bytes of all files. */
    public long bytes() {
      return files.stream().mapToLong(ObjectStat::bytes).sum();
    }
  }

  /**
   * The file is damaged, malicious or not a checkpoint: it stays unreadable until it is rewritten.
   *
   * @param reason one line that names the file
   * @param globals names in its pickles, the worst first
   */
  record Unreadable(String reason, List<PickledGlobal> globals) implements IndexedCheckpoint {
    public Unreadable {
      Objects.requireNonNull(reason, "reason");
      globals = List.copyOf(globals);
    }
  }

  /**
   * The file could not be opened: it disappeared, the store refused it, or memory ran out.
   *
   * @param reason one line that names the file
   */
  record Unavailable(String reason) implements IndexedCheckpoint {
    public Unavailable {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
