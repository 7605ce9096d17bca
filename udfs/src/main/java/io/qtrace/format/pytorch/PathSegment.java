package io.qtrace.format.pytorch;

import io.qtrace.format.pytorch.PickleValue.Large;
import io.qtrace.format.pytorch.PickleValue.Nothing;
import io.qtrace.format.pytorch.PickleValue.Real;
import io.qtrace.format.pytorch.PickleValue.Sequence;
import io.qtrace.format.pytorch.PickleValue.Text;
import io.qtrace.format.pytorch.PickleValue.Truth;
import io.qtrace.format.pytorch.PickleValue.Whole;
import java.util.ArrayList;
import java.util.List;

/** How a dict's key reads within the name of a tensor: as Python's {@code str} would have it. */
final class PathSegment {
  private static final int MAX_TUPLE = 16;
  private static final int MAX_TUPLE_TEXT = 256;

  private PathSegment() {}

  /**
   * @param ordinal the key's place in its dict, which stands for a key that has no short text
   */
  static String of(PickleValue key, int ordinal) {
    if (key instanceof Sequence tuple
        && tuple.kind() == Sequence.Kind.TUPLE
        && tuple.items().size() <= MAX_TUPLE) {
      List<String> parts = new ArrayList<>();
      for (PickleValue part : tuple.items()) {
        String text = scalar(part, "?");
        parts.add(text.length() > MAX_TUPLE_TEXT ? "?" : text);
      }
      return "(" + String.join(", ", parts) + ")";
    }
    return scalar(key, "<key " + ordinal + ">");
  }

  private static String scalar(PickleValue value, String otherwise) {
    if (value instanceof Text text) {
      return text.value();
    }
    if (value instanceof Whole whole) {
      return Long.toString(whole.value());
    }
    if (value instanceof Large large) {
      return large.value().toString();
    }
    if (value instanceof Real real) {
      return Double.toString(real.value());
    }
    if (value instanceof Truth truth) {
      return truth == Truth.TRUE ? "True" : "False";
    }
    return value instanceof Nothing ? "None" : otherwise;
  }
}
