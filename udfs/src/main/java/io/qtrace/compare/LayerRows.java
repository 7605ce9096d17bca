package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.arrow.TensorStream;
import io.qtrace.io.CloseStack;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.kernel.Kernels;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Reads tensors of a layer as float32, small ones whole, matrices row by row through bounded
 * memory. Files stay open from one call to the next. Not thread safe.
 */
public final class LayerRows implements Closeable {
  private final BlockAllocator memory;
  private final OpenFiles files;
  private final ReadOptions options;

  /**
   * @param memoryBytes maximum off-heap memory
   */
  public LayerRows(ObjectStore store, long memoryBytes, ReadOptions options) {
    this.memory = new BlockAllocator(memoryBytes);
    this.files = new OpenFiles(store);
    this.options = options;
  }

  /** All elements in C order, rounded to float32. */
  public float[] whole(TensorEntry tensor) throws IOException {
    float[] all = new float[(int) tensor.elements()];
    int width = tensor.dtype().bytes();
    try (Block scratch = memory.allocate(TensorBlocks.MIN_SCRATCH_BYTES);
        Block window = memory.allocate((int) Math.min(tensor.bytes(), whole(width)))) {
      TensorBlocks blocks = blocks(tensor, scratch);
      for (long at = 0; at < tensor.bytes(); at += window.length()) {
        blocks.read(at, window.resize((int) Math.min(window.capacity(), tensor.bytes() - at)));
        Kernels.floats(tensor.dtype(), window, window.length() / width, all, (int) (at / width));
      }
    }
    return all;
  }

  // Rows with this many bytes an element.
  private int whole(int width) {
    return Math.max(1, options.rangeBytes() / width) * width;
  }

  /** The one number of a tensor that has one. */
  public float number(TensorEntry tensor) throws IOException {
    return whole(tensor)[0];
  }

  /**
   * Rows {@code [from, to)} of a matrix, in this order.
   *
   * @param tensor [rows, columns]
   */
  public Rows rows(TensorEntry tensor, long from, long to) throws IOException {
    return new Rows(tensor, from, to);
  }

  private TensorBlocks blocks(TensorEntry tensor, Block scratch) throws IOException {
    RangeReader reader = files.open(tensor.storage().file());
    return TensorBlocks.of(tensor, reader, options, scratch);
  }

  /** Bytes requested from files by all calls together. */
  public long bytesRead() {
    return files.bytesRead();
  }

  @Override
  public void close() throws IOException {
    try (CloseStack owned = new CloseStack()) {
      owned.add(memory);
      owned.add(files);
    }
  }

  /** Rows of one matrix. */
  public final class Rows implements Closeable {
    private final TensorEntry tensor;
    private final int rowBytes;
    private final CloseStack blocks = new CloseStack();
    private final TensorStream stream;
    private final float[] row;

    private Rows(TensorEntry tensor, long from, long to) throws IOException {
      List<Long> sizes = tensor.shape().sizes();
      this.tensor = tensor;
      this.row = new float[Math.toIntExact(sizes.get(1))];
      this.rowBytes = row.length * tensor.dtype().bytes();
      Block scratch = blocks.add(memory.allocate(TensorBlocks.MIN_SCRATCH_BYTES));
      int rows = (int) Math.max(1, Math.min(to - from, options.rangeBytes() / rowBytes));
      this.stream =
          new TensorStream(
              blocks(tensor, scratch),
              from * rowBytes,
              to * rowBytes,
              blocks.add(memory.allocate(rows * rowBytes)));
    }

    /** The next row as float32, valid until the next call. */
    public float[] next() throws IOException {
      Kernels.floats(tensor.dtype(), stream.next(rowBytes), row.length, row, 0);
      return row;
    }

    /** The next row of an integer type. */
    public void next(long[] integers) throws IOException {
      Kernels.integers(tensor.dtype(), stream.next(rowBytes), integers);
    }

    @Override
    public void close() throws IOException {
      blocks.close();
    }
  }
}
