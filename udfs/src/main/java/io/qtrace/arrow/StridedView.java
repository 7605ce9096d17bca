package io.qtrace.arrow;

import io.qtrace.tensor.TensorEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the elements of a view lie in its storage. Dimensions of size 1 are dropped and neighbours
 * that lie in C order merged, so that the innermost dimension is as long as can be.
 */
final class StridedView {
  /** A run of elements in C order that lie evenly spaced in the storage. */
  interface Segment {
    /**
     * @param position byte of the first element in the storage
     * @param target byte of the first element in the run that is being gathered
     * @param count elements, {@link #segmentStride()} bytes apart
     */
    void visit(long position, int target, int count);
  }

  private final int width;
  private final long first;
  private final long[] sizes;
  private final long[] strides; // in bytes

  StridedView(TensorEntry tensor) {
    width = tensor.dtype().bytes();
    first = tensor.offset() * width;
    List<long[]> dims = merged(tensor);
    sizes = dims.stream().mapToLong(dim -> dim[0]).toArray();
    strides = dims.stream().mapToLong(dim -> dim[1] * width).toArray();
  }

  int width() {
    return width;
  }

  /** Bytes between neighbours of the innermost dimension. */
  long segmentStride() {
    return strides[strides.length - 1];
  }

  /** Elements after which all repeats, as the outermost dimension is expanded. */
  long period() {
    return strides[0] == 0
        ? Arrays.stream(sizes).skip(1).reduce(1, (all, size) -> all * size)
        : Long.MAX_VALUE;
  }

  /** Visits {@code count} elements from element {@code from} of the C order on. */
  void segments(long from, int count, Segment visitor) {
    int inner = sizes.length - 1;
    long[] index = new long[sizes.length];
    long position = first;
    long rest = from;
    for (int d = inner; d >= 0; d--) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
      position += index[d] * strides[d];
    }
    int done = 0;
    while (done < count) {
      int length = (int) Math.min(count - done, sizes[inner] - index[inner]);
      visitor.visit(position, done * width, length);
      done += length;
      index[inner] += length;
      position += length * strides[inner];
      for (int d = inner; d > 0 && index[d] == sizes[d]; d--) {
        position += strides[d - 1] - sizes[d] * strides[d];
        index[d] = 0;
        index[d - 1]++;
      }
    }
  }

  // [size, stride in elements] of each dimension that is left, at least one.
  private static List<long[]> merged(TensorEntry tensor) {
    List<long[]> dims = new ArrayList<>();
    for (int d = 0; d < tensor.shape().rank(); d++) {
      long size = tensor.shape().sizes().get(d);
      long stride = tensor.stride().get(d);
      long[] outer = dims.isEmpty() ? null : dims.get(dims.size() - 1);
      if (size == 1) {
        continue;
      }
      if (outer != null && outer[1] == size * stride) {
        outer[0] *= size;
        outer[1] = stride;
      } else {
        dims.add(new long[] {size, stride});
      }
    }
    return dims.isEmpty() ? List.of(new long[] {1, 0}) : dims;
  }
}
