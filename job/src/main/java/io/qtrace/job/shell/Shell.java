package io.qtrace.job.shell;

import io.qtrace.io.SafeText;
import io.qtrace.job.conf.Statement;
import io.qtrace.job.conf.Statements;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.report.RowFile;
import io.qtrace.job.report.RowFormat;
import io.qtrace.job.report.Rows;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.io.IOError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.SyntaxError;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jline.terminal.impl.exec.ExecTerminalProvider;
import org.jline.terminal.spi.SystemStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs statements and commands that a person types on a terminal, in one Spark session. */
public final class Shell implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shell.class);
  private static final String PROMPT = "qtrace> ";
  private static final String CONTINUED = "     -> ";
  private static final String CANCELLED = "Cancelled.";
  private static final int MOST_ROWS = 10_000; // nobody reads more
  private static final int WIDTH = 100; // width of a terminal that does not report one

  private final SparkSession spark;
  private final ShellCommands commands;
  private final Terminal terminal;
  private final Attributes plain; // of the terminal, as found at the start
  private final Pager pager;
  private final ShellInput input;
  private final LineReader reader;
  private final QueryLibrary queries;
  private final SortedMap<String, Dot> dots = new TreeMap<>();
  private final ExecutorService background =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "qtrace-vocabulary");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Vocabulary vocabulary = Vocabulary.initial();
  private volatile Cancellation running;
  private volatile boolean isInterrupted; // by Ctrl-C since the last prompt
  private RowFormat format;
  private RowFile out; // of the next result
  private boolean isUsingTables;
  private boolean isLeft;

  /** A command of the shell itself. */
  private record Dot(String usage, String meaning, Action action) {}

  /** Does what a dot command says, given the rest of its line. */
  private interface Action {
    void run(String argument) throws IOException;
  }

  private Shell(
      SparkSession spark, ShellCommands commands, RowFormat format, Path history, Terminal terminal)
      throws IOException {
    this.spark = spark;
    this.commands = commands;
    this.format = format;
    this.terminal = terminal;
    this.plain = terminal.getAttributes();
    this.pager = new Pager(terminal, System.getenv("PAGER"));
    this.queries = QueryLibrary.load();
    addDots();
    this.input = new ShellInput(commands.names());
    this.reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("qtrace")
            .parser(input)
            .completer(
                new ShellCompleter(
                    input, commands, dots.keySet(), queries.questions().keySet(), () -> vocabulary))
            .variable(LineReader.SECONDARY_PROMPT_PATTERN, CONTINUED)
            .variable(LineReader.HISTORY_FILE, history)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.HISTORY_REDUCE_BLANKS, false)
            .option(LineReader.Option.CASE_INSENSITIVE, true)
            .build();
  }

  /**
   * A shell on the terminal of this process.
   *
   * @param spark the session of all that runs in it
   * @param format of results
   * @param history file of the lines that were typed, created if missing
   * @throws IOException if there is no terminal
   */
  public static Shell open(
      SparkSession spark, ShellCommands commands, RowFormat format, Path history)
      throws IOException {
    Terminal terminal =
        new ExecTerminalProvider()
            .sysTerminal(
                "qtrace",
                System.getenv("TERM"),
                false,
                StandardCharsets.UTF_8,
                StandardCharsets.UTF_8,
                StandardCharsets.UTF_8,
                StandardCharsets.UTF_8,
                true,
                SignalHandler.SIG_DFL,
                false,
                SystemStream.Output);
    return new Shell(spark, commands, format, history, terminal);
  }

  /** Reads and runs what is typed until {@code .exit} or the end of input. */
  public void run() {
    terminal.handle(
        Signal.INT,
        signal -> {
          isInterrupted = true;
          Cancellation statement = running;
          if (statement != null) {
            statement.cancel();
          }
        });
    say(
        "SQL on the tables of %s. End statements with ; or \\G; .help lists commands."
            .formatted(LineageTable.NAMESPACE));
    useTables();
    learn();
    while (!isLeft) {
      isInterrupted = false;
      try {
        execute(reader.readLine(PROMPT));
      } catch (UserInterruptException e) {
        // The line is discarded.
      } catch (EndOfFileException e) {
        return;
      } catch (IOError e) {
        // Between a line and its execution, Ctrl-C also reached the stty that JLine had started.
        Thread.interrupted();
        terminal.setAttributes(plain);
        say(CANCELLED);
      }
    }
  }

  private void execute(String text) {
    String line = text.strip();
    try (Cancellation statement = Cancellation.begin(spark.sparkContext())) {
      running = statement;
      if (Thread.interrupted() || isInterrupted) {
        statement.cancel(); // before it began
      }
      try {
        switch (input.kind(line)) {
          case DOT -> runDot(line);
          case COMMAND -> runCommand(line);
          case SQL -> runStatements(line);
        }
      } catch (Exception e) { // Spark throws checked ones that it does not declare
        say(statement.isCancelled() ? CANCELLED : "qtrace: " + commands.reason(e));
      } finally {
        running = null;
      }
    }
  }

  private void runDot(String line) throws IOException {
    String[] words = line.split("\\s+", 2);
    Dot dot = dots.get(words[0].toLowerCase(Locale.ROOT));
    if (dot == null) {
      throw new IllegalArgumentException(
          "Unknown command: %s, expected one of %s"
              .formatted(words[0], String.join(", ", dots.keySet())));
    }
    dot.action().run(words.length > 1 ? words[1].strip() : "");
  }

  private void runCommand(String line) throws IOException {
    List<String> words;
    try {
      words = input.words(line);
    } catch (SyntaxError e) {
      throw new IllegalArgumentException("Invalid command line: " + e.getMessage(), e);
    }
    pager.show(commands.run(words, terminal.writer()).lines().toList());
    useTables();
    learn();
  }

  private void runStatements(String text) throws IOException {
    for (Statement statement : Statements.split(text)) {
      runStatement(statement);
    }
  }

  private void runStatement(Statement statement) throws IOException {
    long began = System.nanoTime();
    Dataset<Row> result = spark.sql(statement.sql());
    if (result.schema().isEmpty()) {
      learn(); // it may have created a table
      return;
    }
    if (out != null) {
      RowFile file = out;
      out = null;
      file.write(result);
      return;
    }
    Rows found = Rows.of(result.limit(MOST_ROWS + 1));
    boolean isCut = found.rows().size() > MOST_ROWS;
    Rows rows = isCut ? new Rows(found.schema(), found.rows().subList(0, MOST_ROWS)) : found;
    List<String> lines = new ArrayList<>(lines(rows, statement.isVertical()));
    if (format == RowFormat.TEXT) {
      lines.add(
          "(%s%d %s, %.1f s)"
              .formatted(
                  isCut ? "first " : "",
                  rows.rows().size(),
                  rows.rows().size() == 1 ? "row" : "rows",
                  (System.nanoTime() - began) / 1e9));
    }
    pager.show(lines);
  }

  private List<String> lines(Rows rows, boolean isVertical) {
    return isVertical || (format == RowFormat.TEXT && !rows.fit(width()))
        ? rows.verticalLines()
        : rows.lines(format, width()).stream()
            .map(format == RowFormat.CSV ? SafeText::of : line -> line)
            .toList();
  }

  private int width() {
    return terminal.getWidth() == 0 ? WIDTH : terminal.getWidth();
  }

  // The tables appear with the first audit.
  private void useTables() {
    if (!isUsingTables && spark.catalog().databaseExists(LineageTable.NAMESPACE)) {
      spark.sql("USE " + LineageTable.NAMESPACE);
      isUsingTables = true;
    }
  }

  // Names for completion are loaded in the background: typing does not wait for them.
  private void learn() {
    background.execute(
        () -> {
          try {
            vocabulary = Vocabulary.of(spark);
          } catch (Exception e) {
            LOG.info("No names to complete: {}", commands.reason(e));
          }
        });
  }

  private void say(String line) {
    terminal.writer().println(line);
    terminal.flush();
  }

  private void addDots() {
    add(".exit", ".exit", "leave the shell, as Ctrl-D does", argument -> isLeft = true);
    add(
        ".format",
        ".format FORMAT",
        "show results as text, csv, json or markdown",
        this::setFormat);
    add(".help", ".help", "list these commands", argument -> help());
    add(".out", ".out FILE", "write the next result to a file: .parquet or .csv", this::setOut);
    add(
        ".queries",
        ".queries [NAME]",
        "list the queries of conf/queries, or run the named one",
        this::query);
    add(".read", ".read FILE", "run the statements of a file", this::read);
    add(".schema", ".schema TABLE", "list the columns of a table or view", this::schema);
    add(".tables", ".tables", "list tables and views", argument -> tables());
  }

  private void add(String name, String usage, String meaning, Action action) {
    dots.put(name, new Dot(usage, meaning, action));
  }

  private void help() throws IOException {
    TextTable table = new TextTable(Column.text("command"), Column.text("what it does"));
    dots.values().forEach(dot -> table.add(dot.usage(), dot.meaning()));
    table.add("STATEMENT;", "run an SQL statement; \\G instead of ; prints one line per column");
    table.add(
        String.join(", ", new TreeSet<>(commands.names())),
        "commands of qtrace, such as: lineage --help");
    table.add("Ctrl-C", "cancel the running statement, or the line");
    pager.show(table.lines(Integer.MAX_VALUE));
  }

  private void setFormat(String name) {
    format =
        Arrays.stream(RowFormat.values())
            .filter(one -> one.toString().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Invalid format: '%s', expected one of %s"
                            .formatted(name, Arrays.toString(RowFormat.values()))));
  }

  private void setOut(String file) {
    out = RowFile.of(file);
  }

  private void query(String name) throws IOException {
    if (!name.isEmpty()) {
      String query =
          queries
              .query(name)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "Unknown query: '%s', expected one that .queries lists".formatted(name)));
      runStatements(query);
      return;
    }
    TextTable table = new TextTable(Column.text("query"), Column.text("question"));
    queries.questions().forEach(table::add);
    pager.show(table.lines(width()));
  }

  private void read(String file) throws IOException {
    runStatements(Files.readString(Path.of(file)));
  }

  private void schema(String name) throws IOException {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("No table, expected one that .tables lists");
    }
    TextTable table =
        new TextTable(Column.text("column"), Column.text("type"), Column.text("meaning"));
    for (StructField column : spark.table(name).schema().fields()) {
      table.add(column.name(), column.dataType().sql(), column.getComment().getOrElse(() -> ""));
    }
    pager.show(table.lines(width()));
  }

  private void tables() throws IOException {
    TextTable table = new TextTable(Column.text("table"), Column.text("a row for each"));
    for (String name : Vocabulary.tables(spark)) {
      table.add(name, LineageTable.meaning(name).orElse(""));
    }
    pager.show(table.lines(width()));
  }

  @Override
  public void close() throws IOException {
    background.shutdownNow();
    terminal.close();
  }
}
