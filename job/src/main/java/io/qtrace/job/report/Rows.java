package io.qtrace.job.report;

import io.qtrace.job.text.Json;
import io.qtrace.job.text.TextTable;
import java.sql.Timestamp;
import java.util.ArrayList;
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

/** Rows of a query, as a table or as JSON. Times are ISO 8601, bytes base64. */
public record Rows(StructType schema, List<Row> rows) {
  public Rows {
    Objects.requireNonNull(schema, "schema");
    rows = List.copyOf(rows);
  }

  /** Runs the query and brings its rows here. */
  public static Rows of(Dataset<Row> query) {
    return new Rows(query.schema(), query.collectAsList());
  }

  /**
   * A list of objects, one a row; null stays null.
   *
   * @throws IllegalArgumentException if two columns have the same name
   */
  public String json() {
    return Json.of(rows.stream().map(Rows::object).toList());
  }

  /** A line of titles and a line a row; nothing for a statement without a result. */
  public List<String> lines(int width) {
    if (schema.isEmpty()) {
      return List.of();
    }
    List<TextTable.Column> columns = new ArrayList<>();
    for (StructField field : schema.fields()) {
      columns.add(
          field.dataType() instanceof NumericType
              ? TextTable.Column.number(field.name())
              : TextTable.Column.text(field.name()));
    }
    TextTable table = new TextTable(columns);
    for (Row row : rows) {
      table.add(IntStream.range(0, row.size()).mapToObj(c -> cell(row.get(c))).toArray());
    }
    return table.lines(width);
  }

  private static String cell(Object value) {
    Object plain = plain(value);
    return plain == null
        ? "NULL"
        : plain instanceof List || plain instanceof Map ? Json.line(plain) : plain.toString();
  }

  // What JSON has a form for: null, Boolean, Number, String, List, Map.
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
