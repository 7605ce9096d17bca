package io.qtrace.job;

import io.qtrace.io.RangeReader.Range;
import io.qtrace.tensor.Storage;
import java.util.List;

/** What reading takes. */
public final class ReadBytes {
  private ReadBytes() {}

  /** Bytes that reading a storage once takes: in one range, where that of its frame holds it. */
  public static long of(Storage storage) {
    List<Range> frame = storage.frame().ranges();
    long around = frame.stream().mapToLong(range -> range.target().capacity()).sum();
    return frame.size() == 1 ? around : around + storage.bytes();
  }
}
