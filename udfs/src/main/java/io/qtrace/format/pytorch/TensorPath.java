package io.qtrace.format.pytorch;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The way from the root of a value tree to one of its parts; a node costs the same however deep it
 * lies.
 */
final class TensorPath {
  /** Characters of one name: longer ones are an attack on memory. */
  static final int MAX_CHARACTERS = 1 << 16;

  static final TensorPath ROOT = new TensorPath(null, "", -1);

  private static final String ROOT_NAME = "tensor";

  private final TensorPath parent;
  private final String segment;
  private final long characters; // of the name: segments and the dots between them

  private TensorPath(TensorPath parent, String segment, long characters) {
    this.parent = parent;
    this.segment = segment;
    this.characters = characters;
  }

  TensorPath child(String childSegment) {
    return new TensorPath(this, childSegment, characters + 1 + childSegment.length());
  }

  /** The last segment: the tensor's own key. */
  String segment() {
    return segment;
  }

  /**
   * The segments joined by dots; a file that is one bare tensor calls it {@code tensor}.
   *
   * @throws IllegalArgumentException if the name is longer than {@link #MAX_CHARACTERS}
   */
  String name() {
    if (parent == null) {
      return ROOT_NAME;
    }
    if (characters > MAX_CHARACTERS) {
      throw new IllegalArgumentException(
          "Unsupported name: %d characters, expected at most %d"
              .formatted(characters, MAX_CHARACTERS));
    }
    Deque<String> segments = new ArrayDeque<>();
    for (TensorPath path = this; path.parent != null; path = path.parent) {
      segments.push(path.segment);
    }
    return String.join(".", segments);
  }
}
