package io.qtrace.job.report.html;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The rows of a picture.
 *
 * @param sql the query, to be run after the statement of the scope
 * @param total number of rows without the limit
 */
record PictureRows(String sql, StructType schema, List<Row> rows, long total) {
  PictureRows {
    Objects.requireNonNull(sql, "sql");
    Objects.requireNonNull(schema, "schema");
    rows = List.copyOf(rows);
  }

  static PictureRows of(SparkSession spark, Picture picture, ReportScope scope) {
    String all = picture.query(scope);
    String sql = all + "\nLIMIT " + picture.most();
    // One row more than is kept shows that there are more to count.
    Dataset<Row> query = spark.sql(all + "\nLIMIT " + (picture.most() + 1));
    List<Row> rows = query.collectAsList();
    long total = rows.size();
    if (total > picture.most()) {
      rows = rows.subList(0, picture.most());
      total = spark.sql("SELECT count(*) FROM (" + all + ")").first().getLong(0);
    }
    return new PictureRows(sql, query.schema(), rows, total);
  }

  List<String> columns() {
    return List.of(schema.fieldNames());
  }

  /** Columns of text, or of lists of text. */
  List<String> textColumns() {
    return Stream.of(schema.fields())
        .filter(field -> isText(field.dataType()))
        .map(StructField::name)
        .toList();
  }

  private static boolean isText(DataType type) {
    if (type instanceof ArrayType list) {
      return isText(list.elementType());
    }
    return type instanceof StructType struct
        ? Stream.of(struct.fields()).allMatch(field -> isText(field.dataType()))
        : type.equals(DataTypes.StringType);
  }

  /** The values of a column, null included. */
  <T> List<T> column(String name, Class<T> type) {
    int index = schema.fieldIndex(name);
    List<T> values = new ArrayList<>(rows.size());
    rows.forEach(row -> values.add(type.cast(row.get(index))));
    return values;
  }
}
