package io.qtrace.job.cli;

import io.qtrace.job.conf.Statements;
import io.qtrace.job.report.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "sql",
    description = "Runs SQL statements on the lineage tables and prints the rows of the last one.",
    footerHeading = "%n",
    footer = {
      "Tables of lineage.qtrace need no prefix. JSON output is an array with one object per row.",
      "",
      "Examples:",
      "  qtrace sql -e 'SHOW TABLES'",
      "  qtrace sql -e 'SELECT * FROM checkpoints' --format json",
      "  qtrace sql -f report.sql --warehouse /data/qtrace"
    })
final class SqlCommand implements Callable<Integer> {
  private static final String NAMESPACE = "lineage.qtrace";

  private static final class Source {
    @Option(
        names = "-e",
        paramLabel = "QUERY",
        description = "SQL statements, separated by semicolons.")
    private String text;

    @Option(names = "-f", paramLabel = "FILE", description = "File with SQL statements.")
    private Path file;

    List<String> statements() throws IOException {
      List<String> statements = Statements.split(text != null ? text : Files.readString(file));
      if (statements.isEmpty()) {
        throw new IllegalArgumentException("Invalid SQL: nothing, expected a statement");
      }
      return statements;
    }
  }

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Mixin private Warehouse warehouse;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    List<String> statements = source.statements();
    try (SparkSession spark = warehouse.open()) {
      if (spark.catalog().databaseExists(NAMESPACE)) {
        spark.sql("USE " + NAMESPACE);
      }
      Dataset<Row> last = spark.emptyDataFrame();
      for (String statement : statements) {
        last = spark.sql(statement);
      }
      Rows rows = Rows.of(last);
      output.print(rows::lines, rows::json);
    }
    return ExitStatus.CLEAN;
  }
}
