package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.text.Csv;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.MarkdownTable;
import io.qtrace.job.text.TextTable;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Rows of a query in each {@link RowFormat}. Times are ISO 8601, bytes base64. */
public record Rows(StructType schema, List<Row> rows) {
  public Rows {
    Objects.requireNonNull(schema, "schema");
    rows = List.copyOf(rows);
  }

  /** Runs the query and collects its rows. */
  public static Rows of(Dataset<Row> query) {
    return new Rows(query.schema(), query.collectAsList());
  }

  /**
   * The rows in a format.
   *
   * @param width maximum number of characters in a line of text
   * @throws IllegalArgumentException if two columns of JSON have the same name
   */
  public List<String> lines(RowFormat format, int width) {
    return switch (format) {
      case TEXT -> lines(width);
      case CSV -> csv();
      case JSON -> json().lines().toList();
      case MARKDOWN -> markdown();
    };
  }

  /**
   * A list of objects, one per row; null stays null.
   *
   * @throws IllegalArgumentException if two columns have the same name
   */
  public String json() {
    return Json.of(rows.stream().map(Rows::object).toList());
  }

  /** A line of titles and a line per row; nothing for a statement without a result. */
  public List<String> lines(int width) {
    return schema.isEmpty() ? List.of() : table().lines(width);
  }

  /** Whether each column has room in lines of that width. */
  public boolean fit(int width) {
    return table().leastWidth() <= width;
  }

  private TextTable table() {
    List<TextTable.Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) {
      columns.add(
          isNumber(field)
              ? TextTable.Column.number(field.name())
              : TextTable.Column.text(field.name()));
    }
    TextTable table = new TextTable(columns);
    rows.forEach(row -> table.add(cells(row).toArray()));
    return table;
  }

  /** A line per column below a line for each row, with values in full. */
  public List<String> verticalLines() {
    List<String> titles = Arrays.stream(schema.fieldNames()).map(SafeText::of).toList();
    int width =
        titles.stream().mapToInt(title -> title.codePointCount(0, title.length())).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      lines.add("*** row %d ***".formatted(r + 1));
      List<String> cells = cells(rows.get(r));
      for (int c = 0; c < titles.size(); c++) {
        String pad = " ".repeat(width - titles.get(c).codePointCount(0, titles.get(c).length()));
        lines.add((titles.get(c) + pad + "  " + SafeText.of(cells.get(c))).stripTrailing());
      }
    }
    return lines;
  }

  private List<String> csv() {
    List<String> lines = new ArrayList<>();
    if (!schema.isEmpty()) {
      lines.add(csvTitles(schema));
    }
    rows.forEach(row -> lines.add(csv(row)));
    return lines;
  }

  static String csvTitles(StructType schema) {
    return Csv.line(List.of(schema.fieldNames()));
  }

  static String csv(Row row) {
    return Csv.line(
        IntStream.range(0, row.size())
            .mapToObj(c -> row.isNullAt(c) ? null : cell(row.get(c)))
            .toList());
  }

  private List<String> markdown() {
    return schema.isEmpty()
        ? List.of()
        : MarkdownTable.lines(
            List.of(schema.fieldNames()),
            Arrays.stream(schema.fields()).map(Rows::isNumber).toList(),
            rows.stream().map(Rows::cells).toList());
  }

  private static boolean isNumber(StructField field) {
    return field.dataType() instanceof NumericType;
  }

  private static List<String> cells(Row row) {
    return IntStream.range(0, row.size()).mapToObj(c -> cell(row.get(c))).toList();
  }

  private static String cell(Object value) {
    Object plain = plain(value);
    return plain == null
        ? "NULL"
        : plain instanceof List || plain instanceof Map ? Json.line(plain) : plain.toString();
  }

  // The types that JSON supports: null, Boolean, Number, String, List, Map.
  private static Object plain(Object value) {
    if (value == null || value instanceof Number || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Row row) {
      return object(row);
    }
    if (value instanceof Seq<?> list) {
      List<Object> plain = new ArrayList<>();
      CollectionConverters.asJava(list).forEach(element -> plain.add(plain(element)));
      return plain;
    }
    if (value instanceof scala.collection.Map<?, ?> map) {
      Map<String, Object> plain = new LinkedHashMap<>();
      CollectionConverters.asJava(map).forEach((key, v) -> plain.put(cell(key), plain(v)));
      return plain;
    }
    if (value instanceof byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
    return value instanceof Timestamp time ? time.toInstant().toString() : value.toString();
  }

  private static Map<String, Object> object(Row row) {
    Map<String, Object> object = new LinkedHashMap<>();
    String[] names = row.schema().fieldNames();
    for (int c = 0; c < names.length; c++) {
      object.put(names[c], plain(row.get(c)));
    }
    if (object.size() < names.length) {
      throw new IllegalArgumentException(
          "Invalid query: two columns of one name in " + List.of(names) + ", expected an alias");
    }
    return object;
  }
}
