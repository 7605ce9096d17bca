package io.qtrace.job.lineage;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.iceberg.TableProperties;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The tables of namespace {@code lineage.qtrace}; the record type of each defines its columns and
 * comments.
 */
public enum LineageTable {
  AUDITS(AuditRow.class),
  CHECKPOINTS(CheckpointRow.class),
  TENSORS(TensorRow.class),
  INVARIANTS(InvariantRow.class),
  GLOBALS(GlobalRow.class),
  EDGES(EdgeRow.class),
  CHANGES(ChangeRow.class),
  Q_CHANGES(QChangeRow.class),
  CANDIDATES(CandidateRow.class),
  DISPUTES(DisputeRow.class),
  TRAIN_STEPS(TrainStepRow.class),
  EXPERIMENTS(ExperimentRow.class);

  /** Tables that an audit writes before {@link #AUDITS}. */
  static final List<LineageTable> OF_AUDITS =
      List.of(TENSORS, INVARIANTS, CHECKPOINTS, CHANGES, Q_CHANGES, EDGES, CANDIDATES, DISPUTES);

  public static final String CATALOG = "lineage";
  public static final String NAMESPACE = CATALOG + ".qtrace";

  // A look-up of one checkpoint reads one row group, some 5,000 rows: those of a file are sorted by
  // checkpoint.
  private static final String ROW_GROUP_BYTES = Integer.toString(512 << 10);

  private static final String WITHOUT_DICTIONARY =
      TableProperties.PARQUET_DICT_ENCODING_ENABLED_COLUMN_PREFIX;

  private final Class<? extends Record> row;

  LineageTable(Class<? extends Record> row) {
    this.row = row;
  }

  /** The meaning of a row of a table or view of the namespace, by its simple name. */
  public static Optional<String> meaning(String name) {
    return Stream.concat(
            Arrays.stream(values())
                .filter(table -> table.simpleName().equals(name))
                .map(LineageTable::meaning),
            Arrays.stream(LineageView.values())
                .filter(view -> view.simpleName().equals(name))
                .map(LineageView::meaning))
        .findFirst();
  }

  /** The columns of each table, by its simple name. */
  public static Map<String, List<String>> columns() {
    Map<String, List<String>> columns = new LinkedHashMap<>();
    for (LineageTable table : values()) {
      columns.put(table.simpleName(), List.of(table.schema().fieldNames()));
    }
    return columns;
  }

  private String meaning() {
    return row.getAnnotation(ColumnComment.class).value();
  }

  public String tableName() {
    return NAMESPACE + "." + simpleName();
  }

  String simpleName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String createStatement() {
    String columns = schema().toDDL();
    return "CREATE TABLE IF NOT EXISTS %s (%s) USING iceberg PARTITIONED BY (audit_id) COMMENT '%s' TBLPROPERTIES (%s)"
        .formatted(tableName(), columns, meaning().replace("'", "\\'"), properties());
  }

  private String properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put(TableProperties.WRITE_DISTRIBUTION_MODE, "none");
    properties.put(TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES, ROW_GROUP_BYTES);
    // Measured numbers hardly repeat: a dictionary of them is built in vain.
    for (StructField column : schema().fields()) {
      if (column.dataType().equals(DataTypes.DoubleType)) {
        properties.put(WITHOUT_DICTIONARY + column.name(), "false");
      } else if (column.dataType() instanceof ArrayType list
          && list.elementType().equals(DataTypes.DoubleType)) {
        properties.put(WITHOUT_DICTIONARY + column.name() + ".element", "false");
      }
    }
    return properties.entrySet().stream()
        .map(property -> "'%s'='%s'".formatted(property.getKey(), property.getValue()))
        .collect(Collectors.joining(", "));
  }

  StructType schema() {
    return new RowCodec<>(row).schema();
  }
}
