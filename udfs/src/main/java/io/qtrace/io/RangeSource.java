package io.qtrace.io;

import io.qtrace.io.RangeReader.Range;
import java.io.IOException;
import java.util.List;

/** A file of known length whose ranges can be read. */
public interface RangeSource {
  /** The file, for messages. */
  String uri();

  /** Bytes of the file. */
  long length();

  /**
   * Fills every range's target; targets end with position = limit. Nothing is written to a target
   * after the return, even after a failure.
   *
   * @throws FormatException if the file ends before a range does
   */
  void read(List<Range> ranges) throws IOException;

  /**
   * Begins to fill every range's target if the file can be read in the background; otherwise reads
   * the ranges immediately. Other ranges may be read and begun in the meantime.
   *
   * @throws FormatException if the file ends before a range does
   */
  default PendingRead begin(List<Range> ranges) throws IOException {
    read(ranges);
    return PendingRead.DONE;
  }

  /**
   * The same for the inflated content of a part of the file, addressed as {@link DeflateStream#in}
   * describes. Ranges that ascend, also from call to call, cost one pass over the stream.
   *
   * @throws FormatException if the stream is damaged, or does not expand to what its file states
   */
  void readInflated(DeflateStream stream, List<Range> ranges) throws IOException;
}
