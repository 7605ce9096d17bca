package io.qtrace.job.shell;

import io.qtrace.job.lineage.LineageTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Names that a statement may use.
 *
 * @param tables columns of each table and view of the session's namespace, by its name
 */
record Vocabulary(SortedMap<String, List<String>> tables, List<String> functions) {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_]+");

  /** The vocabulary before a session was queried. */
  static Vocabulary initial() {
    return new Vocabulary(new TreeMap<>(LineageTable.columns()), List.of());
  }

  /** The names of a session and those of qtrace; names that would need quotes are left out. */
  static Vocabulary of(SparkSession spark) {
    SortedMap<String, List<String>> tables = new TreeMap<>(LineageTable.columns());
    for (String table : tables(spark)) {
      try {
        tables.put(table, plain(Arrays.asList(spark.table(table).columns())));
      } catch (Exception e) { // an AnalysisException, which Spark does not declare
        tables.put(table, List.of()); // dropped in the meantime
      }
    }
    return new Vocabulary(tables, plain(column(spark, "SHOW FUNCTIONS", 0)));
  }

  /** Tables and views of the session's namespace. */
  static List<String> tables(SparkSession spark) {
    List<String> tables = new ArrayList<>(column(spark, "SHOW TABLES", 1));
    try {
      tables.addAll(column(spark, "SHOW VIEWS", 1));
    } catch (Exception e) {
      // An AnalysisException: the catalog has no views.
    }
    return plain(tables);
  }

  private static List<String> column(SparkSession spark, String statement, int column) {
    return spark.sql(statement).collectAsList().stream()
        .map((Row row) -> row.getString(column))
        .toList();
  }

  private static List<String> plain(List<String> names) {
    return names.stream().filter(PLAIN.asMatchPredicate()).distinct().sorted().toList();
  }
}
