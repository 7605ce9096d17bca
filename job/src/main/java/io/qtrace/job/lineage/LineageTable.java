package io.qtrace.job.lineage;

import java.util.Locale;
import org.apache.spark.sql.types.StructType;

/**
 * The tables of namespace {@code lineage.qtrace}; a record type each gives columns and comments.
 */
public enum LineageTable {
  AUDITS(AuditRow.class),
  CHECKPOINTS(CheckpointRow.class),
  TENSORS(TensorRow.class),
  INVARIANTS(InvariantRow.class),
  EDGES(EdgeRow.class),
  CHANGES(ChangeRow.class),
  Q_CHANGES(QChangeRow.class),
  CANDIDATES(CandidateRow.class),
  DISPUTES(DisputeRow.class),
  TRAIN_STEPS(TrainStepRow.class),
  EXPERIMENTS(ExperimentRow.class);

  public static final String CATALOG = "lineage";
  public static final String NAMESPACE = CATALOG + ".qtrace";

  // A look-up of one checkpoint reads one row group, some 5,000 rows: those of a file are sorted by
  // checkpoint.
  private static final String ROW_GROUP_BYTES = Integer.toString(512 << 10);

  private final Class<? extends Record> row;

  LineageTable(Class<? extends Record> row) {
    this.row = row;
  }

  public String tableName() {
    return NAMESPACE + "." + simpleName();
  }

  String simpleName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String createStatement() {
    String columns = schema().toDDL();
    String comment = row.getAnnotation(About.class).value();
    return ("CREATE TABLE IF NOT EXISTS %s (%s) USING iceberg PARTITIONED BY (audit_id) COMMENT '%s'"
            + " TBLPROPERTIES ('write.distribution-mode'='none',"
            + " 'write.parquet.row-group-size-bytes'='%s')")
        .formatted(tableName(), columns, comment.replace("'", "\\'"), ROW_GROUP_BYTES);
  }

  StructType schema() {
    return new RowCodec<>(row).schema();
  }
}
