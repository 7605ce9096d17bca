package io.qtrace.job.text;

import io.qtrace.io.SafeText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A table in aligned columns of text. Cells are made safe with {@link SafeText} here, so callers
 * pass names as they are.
 */
public final class TextTable {
  private static final String GAP = "  ";
  private static final int NARROWEST = 6;

  private enum Kind {
    TEXT,
    NUMBER
  }

  /** A column's title and alignment. */
  public static final class Column {
    private final String title;
    private final Kind kind;

    private Column(String title, Kind kind) {
      this.title = SafeText.of(title);
      this.kind = kind;
    }

    /** A left-aligned column, shortened if a line gets too long. */
    public static Column text(String title) {
      return new Column(title, Kind.TEXT);
    }

    /** A right-aligned column, never shortened. */
    public static Column number(String title) {
      return new Column(title, Kind.NUMBER);
    }
  }

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(Column... columns) {
    this(List.of(columns));
  }

  public TextTable(List<Column> columns) {
    this.columns = List.copyOf(columns);
    rows.add(this.columns.stream().map(column -> column.title).toList());
  }

  /**
   * Adds a row; null is an empty cell.
   *
   * @throws IllegalArgumentException if there are more or fewer cells than columns
   */
  public TextTable add(Object... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          "Invalid row: %d cells, expected %d".formatted(cells.length, columns.size()));
    }
    rows.add(
        Arrays.stream(cells)
            .map(cell -> SafeText.of(Objects.requireNonNullElse(cell, "").toString()))
            .toList());
    return this;
  }

  /**
   * The title and the rows, one line each.
   *
   * @param width maximum number of characters in a line; text is shortened in its middle to fit
   */
  public List<String> lines(int width) {
    int[] widths = widths(width);
    return rows.stream().map(row -> Ellipsis.atEnd(line(row, widths), width)).toList();
  }

  /** Number of characters in a line with all text shortened as much as possible. */
  public int leastWidth() {
    return Arrays.stream(widths(0)).sum() + GAP.length() * (columns.size() - 1);
  }

  // The widest text columns give way first, one character at a time.
  private int[] widths(int width) {
    int[] widths =
        IntStream.range(0, columns.size())
            .map(c -> rows.stream().mapToInt(row -> length(row.get(c))).max().orElse(0))
            .toArray();
    long excess =
        Arrays.stream(widths).asLongStream().sum()
            + (long) GAP.length() * (widths.length - 1)
            - width;
    for (; excess > 0; excess--) {
      int widest = widestText(widths);
      if (widest < 0) {
        break;
      }
      widths[widest]--;
    }
    return widths;
  }

  private int widestText(int[] widths) {
    int widest = -1;
    for (int c = 0; c < widths.length; c++) {
      boolean shrinks = columns.get(c).kind == Kind.TEXT && widths[c] > NARROWEST;
      if (shrinks && (widest < 0 || widths[c] > widths[widest])) {
        widest = c;
      }
    }
    return widest;
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = Ellipsis.inMiddle(row.get(c), widths[c]);
      String pad = " ".repeat(widths[c] - length(cell));
      line.append(c == 0 ? "" : GAP);
      line.append(columns.get(c).kind == Kind.NUMBER ? pad + cell : cell + pad);
    }
    return line.toString().stripTrailing();
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
