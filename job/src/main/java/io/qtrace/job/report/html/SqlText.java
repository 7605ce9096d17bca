package io.qtrace.job.report.html;

/** Text in Spark SQL statements. */
final class SqlText {
  private SqlText() {}

  /** A string literal of the value, which may contain any characters. */
  static String literal(String value) {
    StringBuilder literal = new StringBuilder("'");
    value
        .chars()
        .forEach(
            c -> {
              if (c == '\'' || c == '\\') {
                literal.append('\\').append((char) c);
              } else if (c < ' ' || c > '~') {
                literal.append("\\u%04x".formatted(c));
              } else {
                literal.append((char) c);
              }
            });
    return literal.append('\'').toString();
  }
}
