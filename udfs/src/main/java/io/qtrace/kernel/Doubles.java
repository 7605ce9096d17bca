package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;

/** Chunks of one float dtype as float64, without rounding, in an array that stays in cache. */
final class Doubles {
  private final DType dtype;
  private final Widener widener;
  private final double[] numbers = new double[Chunk.ELEMENTS];

  /**
   * @param dtype float64, or one that float32 holds
   */
  Doubles(FloatKernels form, DType dtype) {
    this.dtype = dtype;
    this.widener = dtype == DType.FLOAT64 ? null : new Widener(form, dtype);
  }

  /** The chunk's numbers from array index 0 on, valid until the next call. */
  double[] read(Block block, Chunk chunk) {
    if (dtype == DType.FLOAT64) {
      block.bytes().asDoubleBuffer().get(chunk.first(), numbers, 0, chunk.count());
      return numbers;
    }
    float[] floats = widener.widen(block, chunk);
    for (int i = 0; i < chunk.count(); i++) {
      numbers[i] = floats[chunk.pad() + i];
    }
    return numbers;
  }
}
