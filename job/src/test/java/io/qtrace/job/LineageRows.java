package io.qtrace.job;

import io.qtrace.job.lineage.LineageTable;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** What the lineage tables say, whatever the archive's place and the time. */
public final class LineageRows {
  /** Identifiers, which follow from locations and times, and these themselves. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "audit_id",
          "checkpoint_id",
          "parent_id",
          "child_id",
          "one_id",
          "other_id",
          "backward", // compared with forward
          "uri",
          "inferred_id",
          "declared_id",
          "archive",
          "modified",
          "etag",
          "started",
          "finished",
          "report",
          "train_id",
          "archive_audit_id",
          "output_dir",
          "source_checkpoint",
          "trained_checkpoint",
          "tokens_per_second");

  private static final Set<LineageTable> OF_FILES =
      EnumSet.of(
          LineageTable.CHECKPOINTS,
          LineageTable.TENSORS,
          LineageTable.INVARIANTS,
          LineageTable.GLOBALS,
          LineageTable.EDGES,
          LineageTable.CHANGES,
          LineageTable.Q_CHANGES);

  /** Of further comparisons of an experiment, all but the places. */
  private static final String BONUS =
      "transform(bonus, told -> named_struct('title', told.title, 'q_unchanged', told.q_unchanged,"
          + " 'q_changed', told.q_changed)) AS bonus";

  /** Of a candidate, both directions: which comes first depends on identifiers. */
  private static final String DIRECTIONS =
      "array_sort(array(to_json(forward), to_json(backward))) AS directions";

  private LineageRows() {}

  /** All rows of each table, as JSON, sorted; columns that are named above left out. */
  public static Map<String, List<String>> of(SparkSession spark) {
    return of(spark, EnumSet.allOf(LineageTable.class), LEFT_OUT);
  }

  /**
   * The rows of checkpoints and edges, in the same way, but with what identifies them: the same in
   * any tables as long as the files of an archive stay.
   */
  public static Map<String, List<String>> withIds(SparkSession spark) {
    return of(spark, OF_FILES, Set.of("audit_id"));
  }

  /** The same with all columns: no two are alike. */
  public static Map<String, List<String>> whole(SparkSession spark) {
    return of(spark, OF_FILES, Set.of());
  }

  private static Map<String, List<String>> of(
      SparkSession spark, Set<LineageTable> some, Set<String> leftOut) {
    Map<String, List<String>> tables = new TreeMap<>();
    for (LineageTable table : some) {
      String columns =
          Arrays.stream(spark.table(table.tableName()).columns())
              .filter(column -> !leftOut.contains(column))
              .map(column -> column.equals("bonus") ? BONUS : column)
              .map(column -> column.equals("forward") ? DIRECTIONS : column)
              .collect(Collectors.joining(", "));
      tables.put(
          table.tableName(),
          spark
              .sql("SELECT to_json(struct(%s)) FROM %s".formatted(columns, table.tableName()))
              .collectAsList()
              .stream()
              .map(row -> row.getString(0))
              .sorted()
              .toList());
    }
    return tables;
  }
}
