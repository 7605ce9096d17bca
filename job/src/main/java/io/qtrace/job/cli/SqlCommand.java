package io.qtrace.job.cli;

import io.qtrace.io.SafeText;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Statement;
import io.qtrace.job.conf.Statements;
import io.qtrace.job.report.RowFile;
import io.qtrace.job.report.RowFormat;
import io.qtrace.job.report.Rows;
import io.qtrace.job.shell.Shell;
import io.qtrace.job.text.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "sql",
    description =
        "Runs SQL statements on the lineage tables and prints the rows of the last one, or opens a shell.",
    footerHeading = "%n",
    footer = {
      "Tables of lineage.qtrace need no prefix. JSON output is an array with one object per row.",
      "A statement that ends with \\G in place of a semicolon is printed with one line per column.",
      "",
      "On a terminal, without -e and -f, it opens a shell: statements and other commands of qtrace",
      "(diff, audit, lineage, ...) share one Spark session; Tab completes names, .help lists the shell's",
      "commands, Ctrl-C cancels a statement, Ctrl-D leaves. Its history is in",
      "$XDG_STATE_HOME/qtrace/ (~/.local/state/qtrace/); long output goes through $PAGER. Without a",
      "terminal it runs the statements of standard input.",
      "",
      "Examples:",
      "  qtrace sql",
      "  qtrace sql -e 'SHOW TABLES'",
      "  qtrace sql -e 'SELECT * FROM checkpoints' --format json",
      "  qtrace sql -e 'SELECT * FROM edges' --out edges.parquet",
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

    @Option(
        names = "-f",
        paramLabel = "FILE",
        description = "File with SQL statements, separated by semicolons.")
    private Path file;

    String read() throws IOException {
      return text != null ? text : Files.readString(file);
    }
  }

  @ArgGroup private Source source;

  @Option(
      names = "--format",
      paramLabel = "text|csv|json|markdown",
      defaultValue = "text",
      description = "Format of the rows on standard output; default ${DEFAULT-VALUE}.")
  private RowFormat format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Write the rows to this path or URI instead, atomically: the name ends with .parquet or"
              + " .csv.")
  private String out;

  @Mixin private Warehouse warehouse;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (source == null && Terminal.isInteractive()) {
      openShell();
    } else {
      run(source == null ? standardInput() : source.read());
    }
    return ExitStatus.CLEAN;
  }

  private static String standardInput() throws IOException {
    return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private void openShell() throws IOException {
    if (out != null) {
      throw new IllegalArgumentException(
          "Invalid option --out: it needs -e or -f; in the shell, use .out FILE");
    }
    try (OpenSession session = warehouse.open()) {
      // Commits of other processes are visible immediately.
      session.spark().conf().set("spark.sql.catalog.lineage.cache-enabled", "false");
      try (Shell shell =
          Shell.open(
              session.spark(),
              new CommandsInShell(session.spark()),
              format,
              ShellHistory.file(System.getenv()))) {
        shell.run();
      }
    }
  }

  private void run(String text) throws IOException {
    List<Statement> statements = Statements.split(text);
    if (statements.isEmpty()) {
      throw new IllegalArgumentException("Invalid SQL: nothing, expected a statement");
    }
    RowFile file = out == null ? null : RowFile.of(out);
    try (OpenSession session = warehouse.open()) {
      SparkSession spark = session.spark();
      if (spark.catalog().databaseExists(NAMESPACE)) {
        spark.sql("USE " + NAMESPACE);
      }
      Dataset<Row> last = spark.emptyDataFrame();
      for (Statement statement : statements) {
        last = spark.sql(statement.sql());
      }
      if (file != null) {
        file.write(last);
      } else {
        print(Rows.of(last), statements.get(statements.size() - 1).isVertical());
      }
    }
  }

  private void print(Rows rows, boolean isVertical) {
    PrintWriter writer = spec.commandLine().getOut();
    int width = Terminal.columns();
    boolean isEscaped = format == RowFormat.CSV && Terminal.isInteractive();
    (isVertical ? rows.verticalLines() : rows.lines(format, width))
        .forEach(line -> writer.println(isEscaped ? SafeText.of(line) : line));
    writer.flush();
  }
}
