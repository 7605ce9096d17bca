package io.qtrace.io;

/**
 * Makes untrusted text safe to show: characters that could move a terminal's cursor, hide or
 * reorder text are escaped as in Java's string literals. Equal results mean equal texts.
 */
public final class SafeText {
  private static final int MAX_QUOTED = 200;

  private SafeText() {}

  /**
   * The text with controls, line ends, format characters (bidirectional overrides, zero-width
   * ones), spaces other than U+0020, unpaired surrogates, characters of private use or none, and
   * backslashes escaped.
   */
  public static String of(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().forEach(c -> append(safe, c));
    return safe.toString();
  }

  /** The safe text in single quotes, with quotes in it escaped; cut after 200 characters. */
  public static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("'");
    text.codePoints()
        .limit(MAX_QUOTED)
        .forEach(c -> append(c == '\'' ? quoted.append('\\') : quoted, c));
    boolean cut = text.codePoints().skip(MAX_QUOTED).findAny().isPresent();
    return quoted.append(cut ? "...'" : "'").toString();
  }

  /** The safe text; for a longer one, its first 200 characters and its length. */
  public static String cut(String text) {
    int characters = text.codePointCount(0, text.length());
    if (characters <= MAX_QUOTED) {
      return of(text);
    }
    String start = text.substring(0, text.offsetByCodePoints(0, MAX_QUOTED));
    return "%s... (%d characters)".formatted(of(start), characters);
  }

  private static void append(StringBuilder safe, int c) {
    switch (c) {
      case '\n' -> safe.append("\\n");
      case '\r' -> safe.append("\\r");
      case '\t' -> safe.append("\\t");
      case '\\' -> safe.append("\\\\");
      default -> {
        if (isPlain(c)) {
          safe.appendCodePoint(c);
        } else {
          safe.append((c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
        }
      }
    }
  }

  private static boolean isPlain(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}
