package io.qtrace.compare;

import io.qtrace.arrow.Block;
import io.qtrace.arrow.BlockAllocator;
import io.qtrace.arrow.ReadOptions;
import io.qtrace.arrow.TensorBlocks;
import io.qtrace.io.OpenFiles;
import io.qtrace.io.RangeReader;
import io.qtrace.kernel.Kernels;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.List;

/** Reads the LUTs of a task's checks, one after the other. */
final class LutReader {
  private final BlockAllocator memory;
  private final OpenFiles files;
  private final ReadOptions options;
  private long bytesRead;

  LutReader(BlockAllocator memory, OpenFiles files, ReadOptions options) {
    this.memory = memory;
    this.files = files;
    this.options = options;
  }

  /** The values of a LUT in C order. */
  List<Double> read(TensorEntry lut) throws IOException {
    RangeReader reader = files.open(lut.storage().file());
    long before = reader.bytesRead();
    try (Block scratch = memory.allocate(TensorBlocks.MIN_SCRATCH_BYTES);
        Block values = memory.allocate(Math.toIntExact(lut.bytes()))) {
      TensorBlocks.of(lut, reader, options, scratch).read(0, values);
      bytesRead += reader.bytesRead() - before;
      return Kernels.values(lut.dtype(), values);
    }
  }

  long bytesRead() {
    return bytesRead;
  }
}
