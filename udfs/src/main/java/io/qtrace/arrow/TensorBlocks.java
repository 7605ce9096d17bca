package io.qtrace.arrow;

import io.qtrace.io.FileSpan;
import io.qtrace.io.FormatException;
import io.qtrace.io.PendingRead;
import io.qtrace.io.RangeReader.Range;
import io.qtrace.io.RangeSource;
import io.qtrace.io.SafeText;
import io.qtrace.tensor.ByteOrders;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.StorageFrame;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Any run of a tensor's bytes, in C order and little endian, whatever its strides and its file's
 * byte order. Contiguous tensors are read straight into the caller's block; of other views the
 * pages that their elements touch are read, through the scratch block. Not thread safe.
 */
public final class TensorBlocks {
  /** Least scratch that a view which is not contiguous needs. */
  public static final int MIN_SCRATCH_BYTES = PageGather.PAGE_BYTES;

  private final TensorEntry tensor;
  private final RangeSource reader;
  private final RangeSource content; // CRC of the storage, if its file states one
  private final ReadOptions options;
  private final PageGather gather;

  private TensorBlocks(
      TensorEntry tensor, RangeSource reader, ReadOptions options, PageGather gather)
      throws FormatException {
    Storage storage = tensor.storage();
    if (storage.storedBytes() > reader.length() - storage.position()) {
      throw new FormatException(
          storage.file(),
          storage.position(),
          "Invalid storage %s: %d bytes, expected to end within the file's %d"
              .formatted(SafeText.quoted(storage.key()), storage.storedBytes(), reader.length()));
    }
    this.tensor = tensor;
    this.reader = reader;
    this.content = storage.in(reader);
    this.options = options;
    this.gather = gather;
  }

  /**
   * A tensor whose elements lie in C order.
   *
   * @throws FormatException if the storage ends after its file
   */
  public static TensorBlocks contiguous(TensorEntry tensor, RangeSource reader, ReadOptions options)
      throws FormatException {
    if (!tensor.isContiguous()) {
      throw new IllegalArgumentException(
          "Invalid view: strides " + tensor.stride() + ", expected a contiguous tensor");
    }
    return new TensorBlocks(tensor, reader, options, null);
  }

  /**
   * A tensor of any strides.
   *
   * @param scratch at least {@link #MIN_SCRATCH_BYTES}; tensors that are read in turn may share it
   * @throws FormatException if the storage ends after its file
   */
  public static TensorBlocks strided(
      TensorEntry tensor, RangeSource reader, ReadOptions options, Block scratch)
      throws FormatException {
    return new TensorBlocks(
        tensor, reader, options, new PageGather(tensor, tensor.storage().in(reader), scratch));
  }

  /**
   * A tensor of any strides, through the scratch only where its elements do not lie in C order.
   *
   * @param scratch as {@link #strided} needs it
   * @throws FormatException if the storage ends after its file
   */
  public static TensorBlocks of(
      TensorEntry tensor, RangeSource reader, ReadOptions options, Block scratch)
      throws FormatException {
    return tensor.isContiguous()
        ? contiguous(tensor, reader, options)
        : strided(tensor, reader, options, scratch);
  }

  /**
   * Parts of the file that hold all that {@link #read} asks for: the data and, with the first byte,
   * the frame of the storage.
   *
   * @param from first byte in C order
   * @param to byte after the last
   */
  public static List<FileSpan> spans(TensorEntry tensor, long from, long to) {
    List<FileSpan> spans = new ArrayList<>();
    if (from == to) {
      return spans;
    }
    if (from == 0) {
      for (Range range : tensor.storage().frame().ranges()) {
        spans.add(new FileSpan(range.position(), range.target().remaining()));
      }
    }
    Storage storage = tensor.storage();
    if (storage.isDeflated()) {
      spans.add(new FileSpan(storage.position(), storage.storedBytes()));
      return spans;
    }
    spans.add(
        tensor.isContiguous()
            ? new FileSpan(start(tensor) + from, to - from)
            : PageGather.span(tensor));
    return spans;
  }

  public TensorEntry tensor() {
    return tensor;
  }

  /**
   * Fills the target with the tensor's bytes from {@code from} on. With the first ones the frame of
   * the storage is read and checked.
   *
   * @param from first byte in C order, a multiple of the element's bytes
   * @param target its length a multiple of the element's bytes
   */
  public void read(long from, Block target) throws IOException {
    begin(from, target).await();
  }

  /**
   * Begins to fill the target as {@link #read} does. Of a tensor that is contiguous and not
   * compressed, other parts may be read and begun in the meantime.
   */
  public PendingRead begin(long from, Block target) throws IOException {
    int width = tensor.dtype().bytes();
    Objects.checkFromIndexSize(from, target.length(), tensor.bytes());
    if (from % width != 0 || target.length() % width != 0) {
      throw new IllegalArgumentException(
          "Invalid range: %d bytes from %d, expected multiples of %d"
              .formatted(target.length(), from, width));
    }
    StorageFrame frame = from == 0 ? tensor.storage().frame() : StorageFrame.NONE;
    List<Range> around = frame.ranges();
    PendingRead read = PendingRead.DONE;
    if (gather == null) {
      read = beginRanges(from, target, around);
    } else {
      reader.read(around);
      gather.read(from / width, target);
    }
    PendingRead begun = read;
    return () -> {
      begun.await();
      frame.check(around);
      if (tensor.storage().order() == Storage.Order.BIG) {
        ByteOrders.swap(target.bytes(), ByteOrders.componentBytes(tensor.dtype()));
      }
    };
  }

  private PendingRead beginRanges(long from, Block target, List<Range> around) throws IOException {
    long start = start(tensor) + from;
    ByteBuffer bytes = target.bytes();
    // The parts of a small storage's frame are near each other: one range, which holds the data
    // too.
    for (Range range : tensor.storage().isDeflated() ? List.<Range>of() : around) {
      long within = start - range.position();
      if (within >= 0 && within + target.length() <= range.target().capacity()) {
        PendingRead begun = reader.begin(around);
        return () -> {
          begun.await();
          bytes.put(0, range.target(), (int) within, target.length());
        };
      }
    }
    List<Range> ranges = new ArrayList<>();
    if (tensor.storage().isDeflated()) {
      reader.read(around);
    } else {
      ranges.addAll(around);
    }
    for (int at = 0; at < target.length(); at += options.rangeBytes()) {
      int length = Math.min(options.rangeBytes(), target.length() - at);
      ranges.add(new Range(start + at, bytes.slice(at, length)));
    }
    return content.begin(ranges);
  }

  // Offset in the storage's file where a contiguous tensor begins, if it is not compressed.
  private static long start(TensorEntry tensor) {
    return tensor.storage().position() + tensor.offset() * tensor.dtype().bytes();
  }
}
