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
import io.qtrace.kernel.DeviationAccumulator;
import io.qtrace.kernel.Deviations;
import io.qtrace.kernel.Kernels;
import io.qtrace.lut.Lut;
import io.qtrace.lut.Requantize;
import io.qtrace.lut.Scales;
import io.qtrace.tensor.TensorEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Holds a layer's indices against those that its weight and scales give, in rows, any of them
 * anywhere. The scales are held whole, weight and indices pass through bounded memory. Files stay
 * open from one call to the next. Not thread safe.
 */
public final class IndicesCheck implements Closeable {
  private final BlockAllocator memory;
  private final OpenFiles files;
  private final ReadOptions options;

  /**
   * @param memoryBytes most off-heap memory that one call may hold, freed when it ends
   */
  public IndicesCheck(ObjectStore store, long memoryBytes, ReadOptions options) {
    this.memory = new BlockAllocator(memoryBytes);
    this.files = new OpenFiles(store);
    this.options = options;
  }

  /**
   * Indices that no order of float32 sums gives: the index and the one that PyTorch gives on the
   * CPU.
   *
   * @param layer one without an {@link QuantizedLayer#obstacle}
   * @param from first row
   * @param to row after the last
   */
  public Deviations run(QuantizedLayer layer, long from, long to) throws IOException {
    try (Block scratch = memory.allocate(TensorBlocks.MIN_SCRATCH_BYTES)) {
      return deviations(
          layer, new Requantize(scales(layer, scratch), lut(layer, scratch)), from, to, scratch);
    }
  }

  /** Bytes that all calls together asked their files for. */
  public long bytesRead() {
    return files.bytesRead();
  }

  private Deviations deviations(
      QuantizedLayer layer, Requantize requantize, long from, long to, Block scratch)
      throws IOException {
    int in = (int) layer.in();
    int width = layer.indices().dtype().bytes();
    int step =
        Math.max(
            1,
            Math.min((int) Math.min(to - from, 1 << 20), options.rangeBytes() / in / Double.BYTES));
    DeviationAccumulator found = new DeviationAccumulator();
    float[] weights = new float[in];
    long[] indices = new long[in];
    try (CloseStack blocks = new CloseStack()) {
      TensorStream weightRows =
          stream(
              layer.weight(),
              from,
              to,
              in,
              blocks.add(memory.allocate(step * in * Float.BYTES)),
              scratch);
      TensorStream indexRows =
          stream(
              layer.indices(),
              from,
              to,
              in,
              blocks.add(memory.allocate(step * in * width)),
              scratch);
      for (long at = from; at < to; at += step) {
        int rows = (int) Math.min(step, to - at);
        Block weightBlock = weightRows.next(rows * in * Float.BYTES);
        Block indexBlock = indexRows.next(rows * in * width);
        for (int r = 0; r < rows; r++) {
          weightBlock.bytes().asFloatBuffer().get(r * in, weights);
          Kernels.integers(
              layer.indices().dtype(), indexBlock.slice(r * in * width, in * width), indices);
          Requantize.Row row = requantize.row((int) (at + r), weights);
          for (int i = 0; i < in; i++) {
            if (!row.allows(i, indices[i])) {
              found.add((at + r) * in + i, indices[i], row.index(i));
            }
          }
        }
      }
    }
    return found.partial();
  }

  // Rows [from, to) of [out, in].
  private TensorStream stream(
      TensorEntry tensor, long from, long to, long in, Block window, Block scratch)
      throws IOException {
    RangeReader reader = files.open(tensor.storage().file());
    long rowBytes = in * tensor.dtype().bytes();
    return new TensorStream(
        TensorBlocks.of(tensor, reader, options, scratch), from * rowBytes, to * rowBytes, window);
  }

  private Scales scales(QuantizedLayer layer, Block scratch) throws IOException {
    float[] a = floats(layer.scaleA(), scratch);
    float[] b = floats(layer.scaleB(), scratch);
    float[] magnitude = floats(layer.magnitude(), scratch);
    boolean baked = !layer.baked().isEmpty() && values(layer.baked().get(0), scratch).get(0) != 0;
    return baked ? Scales.baked(a, b, magnitude) : Scales.trained(a, b, magnitude);
  }

  private Lut lut(QuantizedLayer layer, Block scratch) throws IOException {
    List<Double> values = values(layer.lut(), scratch);
    float[] lut = new float[values.size()];
    for (int i = 0; i < lut.length; i++) {
      lut[i] = values.get(i).floatValue();
    }
    return new Lut(lut);
  }

  private List<Double> values(TensorEntry small, Block scratch) throws IOException {
    RangeReader reader = files.open(small.storage().file());
    try (Block bytes = memory.allocate((int) small.bytes())) {
      TensorBlocks.of(small, reader, options, scratch).read(0, bytes);
      return Kernels.values(small.dtype(), bytes);
    }
  }

  private float[] floats(TensorEntry tensor, Block scratch) throws IOException {
    RangeReader reader = files.open(tensor.storage().file());
    TensorBlocks blocks = TensorBlocks.of(tensor, reader, options, scratch);
    float[] floats = new float[(int) tensor.elements()];
    try (Block window = memory.allocate((int) Math.min(tensor.bytes(), options.rangeBytes()))) {
      for (long at = 0; at < tensor.bytes(); at += window.length()) {
        blocks.read(at, window.resize((int) Math.min(window.capacity(), tensor.bytes() - at)));
        window
            .bytes()
            .asFloatBuffer()
            .get(floats, (int) (at / Float.BYTES), window.length() / Float.BYTES);
      }
    }
    return floats;
  }

  @Override
  public void close() throws IOException {
    try (CloseStack owned = new CloseStack()) {
      owned.add(memory);
      owned.add(files);
    }
  }
}
