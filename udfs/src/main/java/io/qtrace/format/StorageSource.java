package io.qtrace.format;

import io.qtrace.io.ByteSource;
import io.qtrace.io.FormatException;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.ByteOrders;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.StorageFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;

/** A storage of a file, little endian. If it is read from front to back, its CRC-32 is checked. */
final class StorageSource implements ByteSource {
  private final OpenFiles files;
  private final Storage storage;
  private final int width;
  private final CRC32 crc = new CRC32();
  private long checked; // bytes that the CRC has seen

  /**
   * @param width bytes of each number
   */
  StorageSource(OpenFiles files, Storage storage, int width) {
    this.files = files;
    this.storage = storage;
    this.width = width;
  }

  int width() {
    return width;
  }

  @Override
  public long bytes() {
    return storage.bytes();
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    Objects.checkFromIndexSize(position, (long) target.remaining(), bytes());
    ByteBuffer bytes = target.slice();
    StorageFrame frame = position == 0 ? storage.frame() : StorageFrame.NONE;
    List<Range> around = frame.ranges();
    Range data = new Range(storage.position() + position, target);
    RangeReader reader = files.open(storage.file());
    if (storage.isDeflated()) {
      reader.read(around);
      storage.in(reader).read(List.of(data));
    } else {
      List<Range> all = new ArrayList<>(around);
      all.add(data);
      reader.read(all);
    }
    frame.check(around);
    check(position, bytes.duplicate());
    if (storage.order() == Storage.Order.BIG) {
      ByteOrders.swap(bytes, width);
    }
  }

  private void check(long position, ByteBuffer bytes) throws FormatException {
    if (position == 0) {
      crc.reset();
      checked = 0;
    }
    if (storage.crc32() == Storage.UNVERIFIED || position != checked) {
      return;
    }
    checked += bytes.remaining();
    crc.update(bytes);
    if (checked == storage.bytes() && crc.getValue() != storage.crc32()) {
      throw new FormatException(
          storage.file(),
          storage.position(),
          "Invalid CRC-32 of storage %s: %08x, expected %08x"
              .formatted(SafeText.quoted(storage.key()), crc.getValue(), storage.crc32()));
    }
  }
}
