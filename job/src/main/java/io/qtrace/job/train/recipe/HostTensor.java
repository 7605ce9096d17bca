package io.qtrace.job.train.recipe;

import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A tensor in this machine's memory.
 *
 * @param bytes the elements in C order, little endian
 * @throws IllegalArgumentException if there are more or fewer bytes than elements
 */
public record HostTensor(DType dtype, Shape shape, ByteBuffer bytes) {
  public HostTensor {
    Objects.requireNonNull(dtype, "dtype");
    bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    long expected = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    if (bytes.limit() != expected) {
      throw new IllegalArgumentException(
          "Invalid tensor: %d bytes, expected %d of %s %s"
              .formatted(bytes.limit(), expected, dtype.label(), shape));
    }
  }

  /** A view of the bytes, little endian, at position 0. */
  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A float32 tensor of the values. */
  public static HostTensor of(Shape shape, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new HostTensor(DType.FLOAT32, shape, bytes);
  }

  /**
   * The values of a float32 tensor, a new array.
   *
   * @throws IllegalStateException if the tensor has another dtype
   */
  public float[] floats() {
    if (dtype != DType.FLOAT32) {
      throw new IllegalStateException(
          "Invalid dtype: " + dtype.label() + ", expected " + DType.FLOAT32.label());
    }
    float[] values = new float[bytes.limit() / Float.BYTES];
    bytes().asFloatBuffer().get(values);
    return values;
  }
}
