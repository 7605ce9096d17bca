package io.qtrace.job.text;

/** Shortens text to a number of characters, with a mark where something was left out. */
final class Ellipsis {
  private static final String MARK = "…";

  private Ellipsis() {}

  /** Keeps both ends, since the layer and the last part of a tensor's name both matter. */
  static String inMiddle(String text, int width) {
    int length = text.codePointCount(0, text.length());
    if (length <= width) {
      return text;
    }
    int tail = (width - 1) / 2;
    int head = width - 1 - tail;
    return text.substring(0, text.offsetByCodePoints(0, head))
        + MARK
        + text.substring(text.offsetByCodePoints(text.length(), -tail));
  }

  static String atEnd(String text, int width) {
    return text.codePointCount(0, text.length()) <= width
        ? text
        : text.substring(0, text.offsetByCodePoints(0, width - 1)) + MARK;
  }
}
