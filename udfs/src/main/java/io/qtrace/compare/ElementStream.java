package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.arrow.TensorStream;
import io.qtrace.io.CloseStack;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.RangeReader;
import io.qtrace.kernel.Kernels;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;

/**
 * Some of a tensor's elements in C order as float64: real parts of complex ones, 64-bit integers
 * rounded to the nearest. One window of them is in memory at a time. If they fill a storage, its
 * CRC-32 is checked at the end. Not thread safe.
 */
public final class ElementStream implements Closeable {
  /** Maximum number of elements returned by one {@link #read}. */
  public static final int READ_ELEMENTS = 4096;

  private static final int SCRATCH_BYTES = 1 << 20;

  private final CloseStack resources = new CloseStack();
  private final TensorEntry tensor;
  private final long to;
  private final boolean verified;
  private final RangeReader file;
  private final TensorStream bytes;
  private final CRC32 crc = new CRC32();
  private long at;

  /**
   * @param stat the file that holds the tensor's storage, as it was indexed
   * @param from first element
   * @param to after the last element
   */
  public ElementStream(ObjectStore store, ObjectStat stat, TensorEntry tensor, long from, long to)
      throws IOException {
    Objects.checkFromToIndex(from, to, tensor.elements());
    this.tensor = tensor;
    this.to = to;
    this.verified = to - from == tensor.elements() && TensorMeter.verifies(tensor);
    this.at = from;
    int width = tensor.dtype().bytes();
    boolean local = stat.uri().startsWith("file:");
    ReadOptions options = local ? ReadOptions.LOCAL_DISK : ReadOptions.OBJECT_STORE;
    int window = (int) Math.min(options.windowBytes(), Math.max(1, (to - from) * width));
    try {
      BlockAllocator memory =
          resources.add(new BlockAllocator(2L * options.windowBytes() + 2 * SCRATCH_BYTES));
      Block scratch = tensor.isContiguous() ? null : resources.add(memory.allocate(SCRATCH_BYTES));
      this.file = resources.add(store.open(stat));
      this.bytes =
          new TensorStream(
              TensorBlocks.of(tensor, file, options, scratch),
              from * width,
              to * width,
              resources.add(memory.allocate(window)));
    } catch (IOException | RuntimeException e) {
      resources.close();
      throw e;
    }
  }

  /**
   * Reads the next elements.
   *
   * @param numbers filled from its start, of length {@link #READ_ELEMENTS}
   * @return number of elements, 0 after the last
   * @throws IOException naming the file, if it cannot be read or is damaged
   */
  public int read(double[] numbers) throws IOException {
    int count = (int) Math.min(READ_ELEMENTS, to - at);
    if (count == 0) {
      return 0;
    }
    DType dtype = tensor.dtype();
    Block piece = bytes.next(count * dtype.bytes());
    Kernels.doubles(dtype, piece, count, numbers);
    at += count;
    if (verified) {
      crc.update(piece.bytes().duplicate());
      if (at == to) {
        verify();
      }
    }
    return count;
  }

  /** Bytes requested from the file. */
  public long bytesRead() {
    return file.bytesRead();
  }

  @Override
  public void close() throws IOException {
    resources.close();
  }

  private void verify() throws IOException {
    StorageCrc.Part all = new StorageCrc.Part(0, tensor.bytes(), (int) crc.getValue());
    new StorageCrc(List.of(all)).verify(tensor.storage());
  }
}
