package io.qtrace.job.text;

import io.qtrace.io.SafeText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table of GitHub's Markdown. Cells are escaped, so that they are shown literally. */
public final class MarkdownTable {
  private static final String MARKUP = "\\`*_[]<>&|~#!$";

  private MarkdownTable() {}

  /**
   * Its lines.
   *
   * @param titles of the columns
   * @param numbers which columns are right-aligned
   * @param rows with one cell per title
   */
  public static List<String> lines(
      List<String> titles, List<Boolean> numbers, List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    lines.add(line(titles.stream().map(MarkdownTable::escaped).toList()));
    lines.add(line(numbers.stream().map(number -> number ? "---:" : "---").toList()));
    rows.forEach(row -> lines.add(line(row.stream().map(MarkdownTable::escaped).toList())));
    return lines;
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static String escaped(String cell) {
    StringBuilder escaped = new StringBuilder();
    SafeText.of(cell)
        .codePoints()
        .forEach(c -> (MARKUP.indexOf(c) < 0 ? escaped : escaped.append('\\')).appendCodePoint(c));
    return escaped.toString();
  }
}
