package io.qtrace.format.pytorch;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The way from the root of a value tree to one of its parts; a node costs the same however deep it
 * lies and whatever its key: what has no tensor in it is never named.
 */
final class TensorPath {
  static final TensorPath ROOT = new TensorPath(null, null);

  private static final String ROOT_NAME = "tensor";

  private final TensorPath parent;
  private final Child child;
  private String segment;

  private TensorPath(TensorPath parent, Child child) {
    this.parent = parent;
    this.child = child;
  }

  TensorPath child(Child next) {
    return new TensorPath(this, next);
  }

  /** The last segment: the tensor's own key. */
  String segment() {
    if (segment == null) {
      segment = parent == null ? "" : PathSegment.of(child.key(), child.ordinal());
    }
    return segment;
  }

  /**
   * The segments joined by dots; a file that is one bare tensor calls it {@code tensor}.
   *
   * @throws IllegalArgumentException if the name is longer than it may be
   */
  String name(int mostCharacters) {
    if (parent == null) {
      return ROOT_NAME;
    }
    long characters = -1; // one dot fewer than segments
    Deque<String> segments = new ArrayDeque<>();
    for (TensorPath path = this; path.parent != null; path = path.parent) {
      characters += 1 + path.segment().length();
      if (characters > mostCharacters) {
        throw new IllegalArgumentException(
            "Unsupported name: more than %d characters (limit name-characters)"
                .formatted(mostCharacters));
      }
      segments.push(path.segment());
    }
    return String.join(".", segments);
  }
}
