package io.qtrace.tensor;

import java.nio.ByteBuffer;

/** Big-endian elements to little-endian ones; a complex element is two numbers. */
public final class ByteOrders {
  private ByteOrders() {}

  /** Bytes of one number of an element. */
  public static int componentBytes(DType dtype) {
    return dtype.kind() == DType.Kind.COMPLEX ? dtype.bytes() / 2 : dtype.bytes();
  }

  /** Reverses each number of {@code width} bytes, from byte 0 to the limit. */
  public static void swap(ByteBuffer bytes, int width) {
    int end = bytes.limit();
    switch (width) {
      case 2 -> {
        for (int i = 0; i < end; i += 2) {
          bytes.putShort(i, Short.reverseBytes(bytes.getShort(i)));
        }
      }
      case 4 -> {
        for (int i = 0; i < end; i += 4) {
          bytes.putInt(i, Integer.reverseBytes(bytes.getInt(i)));
        }
      }
      case 8 -> {
        for (int i = 0; i < end; i += 8) {
          bytes.putLong(i, Long.reverseBytes(bytes.getLong(i)));
        }
      }
      default -> {} // single bytes have no order
    }
  }
}
