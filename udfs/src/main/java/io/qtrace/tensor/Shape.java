package io.qtrace.tensor;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Sizes of a tensor's dimensions, outermost first; empty for a scalar.
 *
 * @throws IllegalArgumentException if a size is negative or their product overflows 63 bits
 */
public record Shape(List<Long> sizes) implements Serializable {
  /** Maximum number of dimensions in PyTorch's operations; the same as in NumPy. */
  public static final int MAX_RANK = 64;

  public Shape {
    sizes = List.copyOf(sizes);
    count(sizes);
  }

  public static Shape of(long... sizes) {
    return new Shape(java.util.Arrays.stream(sizes).boxed().toList());
  }

  public int rank() {
    return sizes.size();
  }

  /** Number of elements: 1 for a scalar, 0 where any size is 0. */
  public long elements() {
    return count(sizes);
  }

  /** Strides, in elements, of a tensor of this shape that lies in C order without gaps. */
  public List<Long> contiguousStride() {
    Long[] stride = new Long[sizes.size()];
    long step = 1;
    for (int d = sizes.size() - 1; d >= 0; d--) {
      stride[d] = step;
      step *= Math.max(sizes.get(d), 1); // as PyTorch: a size of 0 counts as 1
    }
    return List.of(stride);
  }

  // By index: checkpoints have many shapes, which are compared and counted all the time.
  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Shape shape) || shape.rank() != rank()) {
      return false;
    }
    for (int d = 0; d < sizes.size(); d++) {
      if (!sizes.get(d).equals(shape.sizes.get(d))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return sizes.hashCode();
  }

  @Override
  public String toString() {
    return sizes.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
  }

  private static long count(List<Long> sizes) {
    long product = 1;
    boolean empty = false;
    for (int d = 0; d < sizes.size(); d++) {
      long size = sizes.get(d);
      if (size < 0) {
        throw new IllegalArgumentException("Invalid size: " + size + ", expected 0 or more");
      }
      empty |= size == 0;
      try {
        product = Math.multiplyExact(product, Math.max(size, 1));
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "Invalid shape: " + sizes + ", more than 2^63 elements", e);
      }
    }
    return empty ? 0 : product;
  }
}
