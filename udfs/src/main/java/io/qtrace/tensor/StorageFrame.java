package io.qtrace.tensor;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader.Range;
import java.io.Serializable;
import java.util.List;

/**
 * Data around a storage in its file that has to agree with its position: checked when the storage's
 * first byte is read, so that an index need not read it.
 */
public interface StorageFrame extends Serializable {
  /** For a file whose index proves the positions of its storages. */
  StorageFrame NONE = new None();

  /** The parts of the file to check, in new buffers, to be read together with the data. */
  List<Range> ranges();

  /**
   * Checks the parts.
   *
   * @param read what {@link #ranges} gave, filled
   * @throws FormatException if the storage is elsewhere or belongs to another tensor
   */
  void check(List<Range> read) throws FormatException;

  /** Nothing to check. */
  record None() implements StorageFrame {
    @Override
    public List<Range> ranges() {
      return List.of();
    }

    @Override
    public void check(List<Range> read) {}
  }
}
