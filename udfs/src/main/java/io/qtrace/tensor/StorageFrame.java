package io.qtrace.tensor;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader.Range;
import java.io.Serializable;
import java.util.List;

/**
 * What lies around a storage in its file and has to agree with its place: checked by whoever reads
 * the storage's first byte, so that an index need not read it.
 */
public interface StorageFrame extends Serializable {
  /** Of a file whose index proves its storages' places. */
  StorageFrame NONE = new None();

  /** The parts of the file that show it, in new buffers, to be read together with the data. */
  List<Range> ranges();

  /**
   * Checks the parts.
   *
   * @param read what {@link #ranges} gave, filled
   * @throws FormatException if the storage lies elsewhere or is another's
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
