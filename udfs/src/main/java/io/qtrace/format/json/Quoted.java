package io.qtrace.format.json;

/** Names out of untrusted files, as they appear in messages. */
public final class Quoted {
  private static final int SHOWN_CHARACTERS = 200;

  private Quoted() {}

  /** The name in quotes: everything but visible characters escaped, long ones cut. */
  public static String of(String name) {
    StringBuilder shown = new StringBuilder("'");
    name.codePoints().limit(SHOWN_CHARACTERS).forEach(c -> appendVisible(shown, c));
    return shown
        .append(name.codePointCount(0, name.length()) > SHOWN_CHARACTERS ? "...'" : "'")
        .toString();
  }

  private static void appendVisible(StringBuilder shown, int character) {
    if (character == '\'' || character == '\\') {
      shown.append('\\').appendCodePoint(character);
    } else if (character == ' ' || isVisible(character)) {
      shown.appendCodePoint(character);
    } else {
      shown.append("\\u{%x}".formatted(character));
    }
  }

  private static boolean isVisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
