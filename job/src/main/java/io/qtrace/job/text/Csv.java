package io.qtrace.job.text;

import java.util.List;
import java.util.stream.Collectors;

/** Lines of CSV as in RFC 4180, except for line ends, which are those of text files. */
public final class Csv {
  private Csv() {}

  /** A line of cells, without its end; null is nothing, an empty text {@code ""}. */
  public static String line(List<String> cells) {
    return cells.stream().map(Csv::cell).collect(Collectors.joining(","));
  }

  private static String cell(String text) {
    if (text == null) {
      return "";
    }
    boolean isPlain = !text.isEmpty() && text.chars().noneMatch(c -> "\",\r\n".indexOf(c) >= 0);
    return isPlain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
