package io.qtrace.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * Elements that are widened to Java arrays together, few enough to stay in the first-level cache.
 * No chunk crosses a leaf of {@link LaneSum}.
 *
 * @param first its first element in the block
 * @param index that element's index in the tensor
 * @param count elements
 * @param pad array index of its first element, so that array indices are lanes
 */
record Chunk(int first, long index, int count, int pad) {
  static final int ELEMENTS = 2048;

  /** Chunks of a block whose first element has index {@code firstIndex} in the tensor. */
  static List<Chunk> of(long firstIndex, int count) {
    List<Chunk> chunks = new ArrayList<>(count / ELEMENTS + 2);
    int length;
    for (int at = 0; at < count; at += length) {
      long index = firstIndex + at;
      length = Math.min(count - at, ELEMENTS - (int) (index % ELEMENTS));
      chunks.add(new Chunk(at, index, length, (int) (index % LaneSum.LANES)));
    }
    return chunks;
  }

  /** The most elements that a chunk of so many has. */
  static int longest(int count) {
    return Math.min(count, ELEMENTS);
  }

  /** Array index after its last element. */
  int end() {
    return pad + count;
  }
}
