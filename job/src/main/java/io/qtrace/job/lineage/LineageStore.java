package io.qtrace.job.lineage;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max_by;

import io.qtrace.job.progress.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;

/**
 * Reads and writes the lineage tables. A write replaces all rows of its audit in that table, in one
 * commit that bears the audit's id: an audit that was interrupted and runs again leaves the same
 * rows as one that was not.
 */
public final class LineageStore {
  /** Snapshot property that names the audit of a commit. */
  static final String AUDIT_PROPERTY = "qtrace.audit-id";

  // Of another audit that is not finished: longer than any audit takes from its first table to its
  // last, in a catalog that others write to as well.
  private static final Duration ABANDONED = Duration.ofHours(1);

  private final SparkSession spark;
  private String ignored = ""; // no audit's id

  public LineageStore(SparkSession spark) {
    this.spark = spark;
  }

  /** Creates what is missing: tables, and columns of those that an older qtrace made. */
  public void create() {
    spark.sql("CREATE NAMESPACE IF NOT EXISTS " + LineageTable.NAMESPACE);
    for (LineageTable table : LineageTable.values()) {
      if (spark.catalog().tableExists(table.tableName())) {
        addMissingColumns(table);
      } else {
        spark.sql(table.createStatement());
      }
    }
  }

  private void addMissingColumns(LineageTable table) {
    List<String> missing =
        MissingColumns.of(spark.table(table.tableName()).schema(), table.schema());
    if (!missing.isEmpty()) {
      spark.sql(
          "ALTER TABLE %s ADD COLUMNS (%s)"
              .formatted(table.tableName(), String.join(", ", missing)));
    }
  }

  /**
   * Begins an audit: what a killed run of it left is not read any more, until it is replaced; what
   * other audits left that were killed between the writes of two tables is removed. A table's rows
   * count only once those of the table that is written after it are there; an audit that others may
   * be writing just now is let alone for an hour.
   */
  public void begin(String auditId) {
    ignored = auditId;
    removeUnfinished(LineageTable.TENSORS, LineageTable.CHECKPOINTS);
    removeUnfinished(LineageTable.INVARIANTS, LineageTable.CHECKPOINTS);
    removeUnfinished(LineageTable.CHANGES, LineageTable.EDGES);
    removeUnfinished(LineageTable.Q_CHANGES, LineageTable.EDGES);
  }

  private void removeUnfinished(LineageTable table, LineageTable last) {
    Dataset<Row> unfinished = auditIds(table).except(auditIds(last));
    Dataset<Row> others = isShared() ? unfinished.except(recentlyWritten(table)) : unfinished;
    others.collectAsList().stream()
        .map(row -> row.getString(0))
        .filter(id -> !id.equals(ignored))
        .forEach(
            id -> spark.sql("DELETE FROM " + table.tableName() + " WHERE audit_id = '" + id + "'"));
  }

  private Dataset<Row> auditIds(LineageTable table) {
    return spark.table(table.tableName()).select("audit_id").distinct();
  }

  private Dataset<Row> recentlyWritten(LineageTable table) {
    return spark
        .table(table.tableName() + ".snapshots")
        .where(col("committed_at").gt(lit(Instant.now().minus(ABANDONED))))
        .select(col("summary").getItem(AUDIT_PROPERTY).as("audit_id"))
        .where(col("audit_id").isNotNull());
  }

  // The embedded catalog belongs to one process at a time: nobody else is writing.
  private boolean isShared() {
    return !spark
        .conf()
        .get("spark.sql.catalog." + LineageTable.CATALOG + ".uri", "")
        .startsWith("jdbc:h2:file:");
  }

  /** Replaces the rows of one audit. */
  public <R extends Record> void replace(
      LineageTable table, Class<R> type, String auditId, List<R> records) {
    if (records.isEmpty()) {
      return;
    }
    RowCodec<R> codec = new RowCodec<>(type);
    List<Row> rows = records.stream().map(codec::row).toList();
    try (Phase phase = Phase.begin(spark.sparkContext(), "write", "write " + table.tableName())) {
      spark
          .createDataFrame(rows, codec.schema())
          .coalesce(1)
          .writeTo(table.tableName())
          .option("snapshot-property." + AUDIT_PROPERTY, auditId)
          .overwrite(col("audit_id").equalTo(lit(auditId)));
    } catch (NoSuchTableException e) {
      throw new IllegalStateException("Cannot find table: " + table.tableName(), e);
    }
  }

  /** The finished audit of that id, if there is one. */
  public Optional<AuditRow> audit(String auditId) {
    return read(LineageTable.AUDITS, AuditRow.class, col("audit_id").equalTo(auditId)).stream()
        .findFirst();
  }

  /** The last finished audit of each archive, in order of the archives' URIs. */
  public List<AuditRow> latestAudits() {
    List<String> ids =
        spark
            .table(LineageTable.AUDITS.tableName())
            .groupBy("archive")
            .agg(max_by(col("audit_id"), col("finished")).as("audit_id"))
            .collectAsList()
            .stream()
            .map(row -> row.<String>getAs("audit_id"))
            .toList();
    return read(LineageTable.AUDITS, AuditRow.class, col("audit_id").isInCollection(ids)).stream()
        .sorted(Comparator.comparing(AuditRow::archive))
        .toList();
  }

  /** All rows of a table that a condition selects. */
  public <R extends Record> List<R> read(LineageTable table, Class<R> type, Column condition) {
    RowCodec<R> codec = new RowCodec<>(type);
    try (Phase phase = Phase.begin(spark.sparkContext(), "read", "read " + table.tableName())) {
      Dataset<Row> rows =
          spark.table(table.tableName()).where(condition.and(col("audit_id").notEqual(ignored)));
      return rows.collectAsList().stream().map(codec::record).toList();
    }
  }
}
