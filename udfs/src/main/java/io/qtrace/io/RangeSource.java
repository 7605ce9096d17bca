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
   * after the return, be it by failure.
   *
   * @throws FormatException if the file ends before a range does
   */
  void read(List<Range> ranges) throws IOException;

  /**
   * Begins to fill every range's target, where the file can be read in the background; elsewhere
   * the ranges are read at once. Other ranges may be read and begun in the meantime.
   *
   * @throws FormatException if the file ends before a range does
   */
  default PendingRead begin(List<Range> ranges) throws IOException {
    read(ranges);
    return PendingRead.DONE;
  }

  /**
   * The same of what a part of the file expands to, which lies as {@link DeflateStream#in} says.
   * Ranges that ascend, from call to call too, cost one pass over the stream.
   *
   * @throws FormatException if the stream is damaged, or does not expand to what its file states
   */
  void readInflated(DeflateStream stream, List<Range> ranges) throws IOException;
}
