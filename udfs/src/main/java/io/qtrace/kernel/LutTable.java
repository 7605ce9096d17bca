package io.qtrace.kernel;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The entries of a lookup table [n] as a dtype holds them: what {@code _Q} is filled with. */
public final class LutTable {
  private final DType dtype;
  private final byte[] entries;
  private final int size;

  private LutTable(DType dtype, byte[] entries) {
    this.dtype = dtype;
    this.entries = entries;
    this.size = entries.length / dtype.bytes();
  }

  /**
   * The entries rounded as PyTorch casts float32.
   *
   * @param dtype float64, float32, float16 or bfloat16
   * @throws IllegalArgumentException for another dtype
   */
  public static LutTable of(DType dtype, float... values) {
    byte[] entries = new byte[values.length * dtype.bytes()];
    ByteBuffer bytes = ByteBuffer.wrap(entries).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case FLOAT64 -> bytes.putDouble(value);
        case FLOAT32 -> bytes.putFloat(value);
        case FLOAT16 -> bytes.putShort(Float16.bits(value));
        case BFLOAT16 ->
            bytes.putShort((short) (Float.floatToIntBits(Bfloat16.round(value)) >>> 16));
        default ->
            throw new IllegalArgumentException(
                "Unsupported dtype: %s, expected float64, float32, float16 or bfloat16"
                    .formatted(dtype.label()));
      }
    }
    return new LutTable(dtype, entries);
  }

  public DType dtype() {
    return dtype;
  }

  /** Number of entries. */
  public int size() {
    return size;
  }

  /** A copy of the entries' bytes, little endian. */
  public byte[] bytes() {
    return entries.clone();
  }

  /**
   * Puts the entry of each index into {@code out}, from its start on.
   *
   * @param indexType an integer dtype
   * @param indices little endian
   * @param count of the indices
   * @return {@code count}, or the first element whose index no entry has
   */
  public int lookUp(DType indexType, ByteBuffer indices, int count, byte[] out) {
    long[] index = new long[Math.min(count, 1 << 12)];
    int width = dtype.bytes();
    for (int first = 0; first < count; first += index.length) {
      int some = Math.min(index.length, count - first);
      Elements.toLongs(indexType, indices, first, some, index);
      for (int i = 0; i < some; i++) {
        if (index[i] < 0 || index[i] >= size) {
          return first + i;
        }
        copy((int) index[i] * width, out, (first + i) * width, width);
      }
    }
    return count;
  }

  private void copy(int from, byte[] out, int to, int width) {
    for (int i = 0; i < width; i++) {
      out[to + i] = entries[from + i];
    }
  }
}
