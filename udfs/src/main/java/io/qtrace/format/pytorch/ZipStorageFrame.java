package io.qtrace.format.pytorch;

import io.qtrace.io.FormatException;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.StorageFrame;
import java.util.List;

/**
 * Local header and descriptor of a member whose place was computed.
 *
 * @param position where its data must begin
 */
record ZipStorageFrame(String file, ZipMember member, long position) implements StorageFrame {
  @Override
  public List<Range> ranges() {
    return Excerpts.ranges(new ZipFrame(file, member).spans());
  }

  @Override
  public void check(List<Range> read) throws FormatException {
    requirePosition(new ZipFrame(file, member).position(Excerpts.of(read)));
  }

  void requirePosition(long stated) throws FormatException {
    if (stated != position) {
      throw new FormatException(
          file,
          member.header(),
          "Invalid member %s: its local header puts its data at %d, expected %d"
              .formatted(SafeText.quoted(member.name()), stated, position));
    }
  }
}
