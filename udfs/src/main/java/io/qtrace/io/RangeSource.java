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
}
