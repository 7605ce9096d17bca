package io.qtrace.job.train.recipe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Float16;
import io.qtrace.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Tensors between this machine's memory and PyTorch's. DJL's PyTorch aborts the process on bfloat16
 * and on 16-bit integers, so conversions take place here.
 */
final class NativeArrays {
  private NativeArrays() {}

  /**
   * A float32 array of a tensor of any float dtype.
   *
   * @throws IllegalArgumentException if its elements are not floats
   */
  static NDArray floats(NDManager manager, String name, HostTensor tensor) {
    ByteBuffer source = tensor.bytes();
    int count = Math.toIntExact(tensor.shape().elements());
    ByteBuffer bytes = direct((long) count * Float.BYTES);
    FloatBuffer target = bytes.asFloatBuffer();
    switch (tensor.dtype()) {
      case FLOAT32 -> bytes.duplicate().put(source);
      case FLOAT64 -> {
        for (int i = 0; i < count; i++) {
          target.put(i, (float) source.getDouble(i * Double.BYTES));
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < count; i++) {
          target.put(i, Float16.value(source.getShort(i * Short.BYTES)));
        }
      }
      case BFLOAT16 -> {
        for (int i = 0; i < count; i++) {
          target.put(i, Float.intBitsToFloat(source.getShort(i * Short.BYTES) << 16));
        }
      }
      default ->
          throw new IllegalArgumentException(
              "Unsupported tensor: %s is %s, expected floats of 16 to 64 bits"
                  .formatted(name, tensor.dtype().label()));
    }
    return manager.create(bytes, shape(tensor.shape()), DataType.FLOAT32);
  }

  /**
   * A uint8 array of a tensor of indices.
   *
   * @param size entries of the table, at most 256
   * @throws IllegalArgumentException if an index is outside the table, or no integer
   */
  static NDArray indices(NDManager manager, String name, HostTensor tensor, int size) {
    ByteBuffer source = tensor.bytes();
    int count = Math.toIntExact(tensor.shape().elements());
    int width = tensor.dtype().bytes();
    if (tensor.dtype().kind() != DType.Kind.SIGNED && tensor.dtype() != DType.UINT8) {
      throw new IllegalArgumentException(
          "Unsupported indices: %s is %s, expected integers"
              .formatted(name, tensor.dtype().label()));
    }
    ByteBuffer bytes = direct(count);
    for (int i = 0; i < count; i++) {
      long index =
          switch (width) {
            case 1 -> tensor.dtype() == DType.UINT8 ? source.get(i) & 0xff : source.get(i);
            case 2 -> source.getShort(i * width);
            case 4 -> source.getInt(i * width);
            default -> source.getLong(i * width);
          };
      if (index < 0 || index >= size) {
        throw new IllegalArgumentException(
            "Invalid index: %s has %d at element %d, expected 0 to %d"
                .formatted(name, index, i, size - 1));
      }
      bytes.put(i, (byte) index);
    }
    return manager.create(bytes, shape(tensor.shape()), DataType.UINT8);
  }

  /** The float32 array [n, ...] as n tensors of a shape, one after the other. */
  static HostTensor[] toHost(NDArray stack, Shape shape) {
    ByteBuffer bytes = direct(stack.size() * Float.BYTES);
    bytes.duplicate().put(stack.toByteBuffer());
    int each = Math.toIntExact(shape.elements()) * Float.BYTES;
    HostTensor[] tensors = new HostTensor[bytes.limit() / each];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = new HostTensor(DType.FLOAT32, shape, bytes.slice(i * each, each));
    }
    return tensors;
  }

  static ai.djl.ndarray.types.Shape shape(Shape shape) {
    return new ai.djl.ndarray.types.Shape(shape.sizes());
  }

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
