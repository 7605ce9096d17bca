package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;
import java.nio.ByteBuffer;

/** Chunks of one dtype as float32, without rounding, in arrays that stay in cache. */
final class Widener {
  private final FloatKernels form;
  private final DType dtype;
  private final float[] floats;
  private final short[] patterns;
  private final long[] integers;

  /**
   * @param dtype one that float32 holds
   * @param count elements of the chunks together
   */
  Widener(FloatKernels form, DType dtype, int count) {
    this.form = form;
    this.dtype = dtype;
    int length = Chunk.longest(count) + LaneSum.LANES;
    this.floats = new float[length];
    boolean half = dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    this.patterns = new short[half ? length : 0];
    this.integers = new long[dtype.isInteger() ? length : 0];
  }

  /** The chunk's numbers at its array indices, valid until the next call. */
  float[] widen(Block block, Chunk chunk) {
    ByteBuffer bytes = block.bytes();
    int pad = chunk.pad();
    switch (dtype) {
      case FLOAT32 -> bytes.asFloatBuffer().get(chunk.first(), floats, pad, chunk.count());
      case FLOAT16 -> {
        bytes.asShortBuffer().get(chunk.first(), patterns, pad, chunk.count());
        form.widenFloat16(patterns, floats, pad, chunk.end());
      }
      case BFLOAT16 -> {
        bytes.asShortBuffer().get(chunk.first(), patterns, pad, chunk.count());
        form.widenBfloat16(patterns, floats, pad, chunk.end());
      }
      case FLOAT8_E4M3FN, FLOAT8_E4M3FNUZ, FLOAT8_E5M2, FLOAT8_E5M2FNUZ, FLOAT8_E8M0FNU -> {
        float[] table = Float8.table(dtype);
        for (int i = 0; i < chunk.count(); i++) {
          floats[pad + i] = table[bytes.get(chunk.first() + i) & 0xff];
        }
      }
      default -> {
        Elements.toLongs(dtype, bytes, chunk.first(), chunk.count(), integers);
        for (int i = 0; i < chunk.count(); i++) {
          floats[pad + i] = integers[i];
        }
      }
    }
    return floats;
  }
}
