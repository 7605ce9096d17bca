package io.qtrace.job.cli;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.QueryContext;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.trees.SQLQueryContext;

/** Locates the place in a statement that Spark reports an error about. */
final class SqlFault {
  private static final int AROUND = 40; // characters shown before and after the place
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_.]+|\\S|$");
  private static final Pattern SQL_STATE = Pattern.compile("\\s+SQLSTATE: .*");

  private final String sql;
  private final int start;
  private final int end;

  private SqlFault(String sql, int start, int end) {
    this.sql = sql;
    this.start = start;
    this.end = end;
  }

  /** The reason in one line, if Spark blames a place in a statement. */
  static Optional<String> reason(Throwable failure, String line) {
    return failure instanceof SparkThrowable fault
        ? place(fault).map(place -> SQL_STATE.matcher(line).replaceFirst("") + place.marked())
        : Optional.empty();
  }

  private static Optional<SqlFault> place(SparkThrowable fault) {
    if (fault instanceof ParseException parsing && parsing.command().isDefined()) {
      return ofParser(parsing, parsing.command().get());
    }
    return Arrays.stream(context(fault)).flatMap(one -> ofContext(one).stream()).findFirst();
  }

  private static QueryContext[] context(SparkThrowable fault) {
    QueryContext[] context = fault.getQueryContext();
    return context == null ? new QueryContext[0] : context;
  }

  private static Optional<SqlFault> ofParser(ParseException parsing, String sql) {
    if (parsing.line().isEmpty() || parsing.startPosition().isEmpty()) {
      return Optional.empty();
    }
    int start = 0;
    for (int line = 1; line < (int) parsing.line().get(); line++) {
      start = sql.indexOf('\n', start) + 1;
    }
    start += (int) parsing.startPosition().get();
    Matcher word = WORD.matcher(sql);
    return start <= sql.length() && word.find(start)
        ? Optional.of(new SqlFault(sql, word.start(), word.end()))
        : Optional.empty();
  }

  private static Optional<SqlFault> ofContext(QueryContext context) {
    return context instanceof SQLQueryContext place && place.isValid() && isInStatement(place)
        ? Optional.of(
            new SqlFault(place.sqlText().get(), place.startIndex(), place.stopIndex() + 1))
        : Optional.empty();
  }

  // Not inside the text of a view.
  private static boolean isInStatement(SQLQueryContext place) {
    return place.originObjectName().forall(String::isEmpty);
  }

  // Lines and columns as editors count them, and the text around the place.
  private String marked() {
    String before = sql.substring(0, start);
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    int column = start - before.lastIndexOf('\n');
    int from = Math.max(0, start - AROUND);
    int to = Math.min(sql.length(), end + AROUND);
    return " (line %d, column %d: %s%s>>>%s<<<%s%s)"
        .formatted(
            line,
            column,
            from > 0 ? "..." : "",
            spaced(sql.substring(from, start)),
            spaced(sql.substring(start, end)),
            spaced(sql.substring(end, to)),
            to < sql.length() ? "..." : "");
  }

  private static String spaced(String text) {
    return text.replaceAll("\\s+", " ");
  }
}
