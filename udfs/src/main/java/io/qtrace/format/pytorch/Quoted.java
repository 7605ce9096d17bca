package io.qtrace.format.pytorch;

/** Words of a file as they appear in messages: quoted, escaped, cut. */
final class Quoted {
  private static final int MAX_CHARACTERS = 120;

  private Quoted() {}

  /** The text in single quotes, anything but printing characters as a Java escape. */
  static String of(String text) {
    StringBuilder quoted = new StringBuilder("'");
    int end = Math.min(text.length(), MAX_CHARACTERS);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '\'' || c == '\\') {
        quoted.append('\\').append(c);
      } else if ((c >= ' ' && c < 0x7f) || Character.isLetterOrDigit(c)) {
        quoted.append(c);
      } else {
        quoted.append("\\u%04x".formatted((int) c));
      }
    }
    return quoted.append(end < text.length() ? "...'" : "'").toString();
  }
}
