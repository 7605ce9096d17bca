package io.qtrace.job.bake;

import io.qtrace.io.ByteSource;
import io.qtrace.io.FormatException;
import io.qtrace.io.SafeText;
import io.qtrace.kernel.Kernels;
import io.qtrace.kernel.LutTable;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * {@code lut[_indices]} of one layer, C order, computed as it is read; counts the elements that
 * differ from the old {@code _Q}. To be read once, from front to back.
 */
final class QuantizedSource implements ByteSource {
  private static final int BLOCK_ELEMENTS = 1 << 16;

  private final LutLayer layer;
  private final LutTable table;
  private final ByteSource indices;
  private final ByteSource before;
  private final int width;
  private long changed;

  /**
   * @param table in the dtype of {@code _Q}
   * @param indices in C order
   * @param before the old {@code _Q} in C order
   */
  QuantizedSource(LutLayer layer, LutTable table, ByteSource indices, ByteSource before) {
    this.layer = layer;
    this.table = table;
    this.indices = indices;
    this.before = before;
    this.width = table.dtype().bytes();
  }

  /** Elements read so far whose bits are not those of the old {@code _Q}. */
  long changed() {
    return changed;
  }

  @Override
  public long bytes() {
    return before.bytes();
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    for (long element = position / width; target.hasRemaining(); ) {
      int count = Math.min(BLOCK_ELEMENTS, target.remaining() / width);
      byte[] block = block(element, count);
      count(element, block);
      target.put(block);
      element += count;
    }
  }

  private byte[] block(long element, int count) throws IOException {
    TensorEntry tensor = layer.indices();
    int indexWidth = tensor.dtype().bytes();
    ByteBuffer index = bytes(indices, element * indexWidth, count * indexWidth);
    byte[] block = new byte[count * width];
    int done = table.lookUp(tensor.dtype(), index, count, block);
    if (done < count) {
      int at = done * indexWidth;
      double found =
          Kernels.values(tensor.dtype(), index.slice(at, indexWidth).order(index.order())).get(0);
      throw new FormatException(
          tensor.storage().file(),
          tensor.storage().position() + (tensor.isContiguous() ? element * indexWidth + at : 0),
          "Invalid _indices of layer %s: %.0f at element %d, expected 0 to %d; use a checkpoint"
                  .formatted(SafeText.quoted(layer.name()), found, element + done, table.size() - 1)
              + " from before they were damaged");
    }
    return block;
  }

  private void count(long element, byte[] after) throws IOException {
    byte[] old = bytes(before, element * width, after.length).array();
    for (int at = 0; at < after.length; at += width) {
      int from = at + Arrays.mismatch(old, at, old.length, after, at, after.length);
      if (from < at) {
        return;
      }
      changed++;
      at = from - from % width;
    }
  }

  private static ByteBuffer bytes(ByteSource source, long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    source.read(position, bytes);
    return bytes.flip();
  }
}
