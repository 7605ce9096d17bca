package io.qtrace.tensor;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * One named tensor: a strided view of a storage.
 *
 * @param name path in the state dict; untrusted text, so escape it wherever it is shown
 * @param stride distance in elements between neighbours of each dimension, 0 or more
 * @param offset first element, in elements from the start of the storage
 * @throws IllegalArgumentException if the view leaves its storage
 */
public record TensorEntry(
    String name, DType dtype, Shape shape, List<Long> stride, long offset, Storage storage)
    implements Serializable {
  public TensorEntry {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dtype, "dtype");
    stride = List.copyOf(stride);
    if (stride.size() != shape.rank()) {
      throw new IllegalArgumentException(
          "Invalid stride: " + stride + ", expected one for each of the sizes " + shape);
    }
    long last = lastElement(shape, stride, offset);
    if (last >= storage.bytes() / dtype.bytes()) {
      throw new IllegalArgumentException(
          "Invalid view: element %d of a storage of %d bytes of %s"
              .formatted(last, storage.bytes(), dtype.label()));
    }
  }

  /** A tensor that fills its storage in C order. */
  public static TensorEntry contiguous(String name, DType dtype, Shape shape, Storage storage) {
    return new TensorEntry(name, dtype, shape, shape.contiguousStride(), 0, storage);
  }

  public long elements() {
    return shape.elements();
  }

  /** Bytes of the elements in C order, which may be more or less than the storage has. */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }

  /** Whether its bytes in C order and little endian are those of the file, in their order. */
  public boolean isAsStored() {
    return isContiguous() && (storage.order() == Storage.Order.LITTLE || dtype.bytes() == 1);
  }

  /** Whether it {@linkplain #isAsStored is as stored} and fills its storage. */
  public boolean fillsStorage() {
    return isAsStored() && offset == 0 && bytes() == storage.bytes();
  }

  /**
   * Whether the elements lie in C order without gaps, so that ranges of bytes are ranges of
   * elements.
   */
  public boolean isContiguous() {
    long expected = 1;
    for (int d = shape.rank() - 1; d >= 0; d--) {
      long size = shape.sizes().get(d);
      if (size == 0) {
        return true;
      }
      if (size != 1 && stride.get(d) != expected) {
        return false;
      }
      expected *= size;
    }
    return true;
  }

  public TensorEntry withName(String newName) {
    return new TensorEntry(newName, dtype, shape, stride, offset, storage);
  }

  // Index of the last element that the view touches; -1 for an empty view.
  private static long lastElement(Shape shape, List<Long> stride, long offset) {
    if (offset < 0) {
      throw new IllegalArgumentException("Invalid offset: " + offset + ", expected 0 or more");
    }
    boolean empty = shape.elements() == 0;
    long last = offset;
    for (int d = 0; d < shape.rank(); d++) {
      if (stride.get(d) < 0) {
        throw new IllegalArgumentException(
            "Invalid stride: " + stride.get(d) + ", expected 0 or more");
      }
      if (!empty) {
        try {
          long reach = Math.multiplyExact(shape.sizes().get(d) - 1, stride.get(d).longValue());
          last = Math.addExact(last, reach);
        } catch (ArithmeticException e) {
          throw new IllegalArgumentException(
              "Invalid view: shape " + shape + " with strides " + stride + " overflows", e);
        }
      }
    }
    return empty ? -1 : last;
  }
}
