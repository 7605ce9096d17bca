package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;

/**
 * Chunks of one dtype as float64, in an array that stays in cache: moduli of complex elements,
 * 64-bit integers rounded to the nearest, all others without rounding.
 */
final class Doubles {
  private final DType dtype;
  private final Widener widener;
  private final double[] numbers;

  /**
   * @param count elements of the chunks together
   */
  Doubles(FloatKernels form, DType dtype, int count) {
    this.dtype = dtype;
    this.widener = Elements.fitFloat(dtype) ? new Widener(form, dtype, count) : null;
    this.numbers = new double[Chunk.longest(count)];
  }

  /** The chunk's numbers from array index 0 on, valid until the next call. */
  double[] read(Block block, Chunk chunk) {
    if (dtype == DType.FLOAT64) {
      block.bytes().asDoubleBuffer().get(chunk.first(), numbers, 0, chunk.count());
      return numbers;
    }
    if (widener == null) {
      for (int i = 0; i < chunk.count(); i++) {
        numbers[i] = Elements.number(dtype, block.bytes(), chunk.first() + i);
      }
      return numbers;
    }
    float[] floats = widener.widen(block, chunk);
    for (int i = 0; i < chunk.count(); i++) {
      numbers[i] = floats[chunk.pad() + i];
    }
    return numbers;
  }
}
