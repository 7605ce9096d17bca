package io.qtrace.job.report.html;

/** Text in statements of Spark SQL. */
final class SqlText {
  private SqlText() {}

  /** A string literal of that value, whatever characters it has. */
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
