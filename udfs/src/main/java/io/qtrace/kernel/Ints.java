package io.qtrace.kernel;

import io.qtrace.arrow.Block;
import io.qtrace.tensor.DType;
import java.nio.ByteBuffer;

/** Chunks of an integer tensor as int, in an array that stays in cache. */
final class Ints {
  private final DType dtype;
  private final int[] ints;
  private final short[] shorts;
  private final byte[] bytes;
  private final long[] longs;
  private ByteBuffer block;

  /**
   * @param dtype an integer type, or bool
   * @param count elements of the chunks together
   */
  Ints(DType dtype, int count) {
    int length = Chunk.longest(count);
    this.dtype = dtype;
    this.ints = new int[length];
    this.shorts = new short[dtype.bytes() == Short.BYTES ? length : 0];
    this.bytes = new byte[dtype.bytes() == Byte.BYTES ? length : 0];
    this.longs = new long[dtype.bytes() >= Integer.BYTES ? length : 0];
  }

  /** Makes {@link #array} hold a chunk of a block. */
  Ints read(Block numbers, Chunk chunk) {
    block = numbers.bytes();
    int first = chunk.first();
    int count = chunk.count();
    switch (dtype) {
      case INT16 -> {
        block.asShortBuffer().get(first, shorts, 0, count);
        for (int i = 0; i < count; i++) {
          ints[i] = shorts[i];
        }
      }
      case UINT16 -> {
        block.asShortBuffer().get(first, shorts, 0, count);
        for (int i = 0; i < count; i++) {
          ints[i] = shorts[i] & 0xffff;
        }
      }
      case INT8 -> {
        block.get(first, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          ints[i] = bytes[i];
        }
      }
      case UINT8 -> {
        block.get(first, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          ints[i] = bytes[i] & 0xff;
        }
      }
      case BOOL -> {
        block.get(first, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          ints[i] = bytes[i] == 0 ? 0 : 1;
        }
      }
      default -> {
        Elements.toLongs(dtype, block, first, count, longs);
        for (int i = 0; i < count; i++) {
          ints[i] = longs[i] == (int) longs[i] ? (int) longs[i] : -1;
        }
      }
    }
    return this;
  }

  /** The chunk's numbers from array index 0 on; -1 for those that int does not hold. */
  int[] array() {
    return ints;
  }

  /** One number of the chunk, whatever int holds; 64-bit integers rounded to float64. */
  double number(Chunk chunk, int i) {
    return Elements.real(dtype, block, chunk.first() + i);
  }
}
