package io.qtrace.job.faults;

import io.qtrace.job.LineageRows;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.PostgresServer;
import io.qtrace.job.S3Server;
import io.qtrace.job.Sample;
import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.SparkSession;

/** What faults strike: an archive, the servers that hold it and its tables, and the rows due. */
final class Bench implements AutoCloseable {
  static final String CATALOG = "spark.sql.catalog.lineage";

  /** A run that a few others descend from, and one that violates the policy. */
  private static final String[] RUNS = {"sr011-q4a4-FP4-init", "debug_lut_training", "bug_q_drift"};

  private final Path folder;
  private final Path archive;
  private final AtomicInteger databases = new AtomicInteger();
  private Map<String, List<String>> expected;
  private PostgresServer postgres;
  private CuttableWire wire;
  private S3Server s3;
  private final FaultyAnswers answers = new FaultyAnswers();

  private Bench(Path folder, Path archive) {
    this.folder = folder;
    this.archive = archive;
  }

  static Bench in(Path folder) throws IOException {
    return new Bench(folder, Sample.copyRuns(folder.resolve("archive"), RUNS).resolve("runs"));
  }

  Path archive() {
    return archive;
  }

  /** A copy of the archive that may be changed. */
  static Path copy(Path to) throws IOException {
    return Sample.copyRuns(to, RUNS).resolve("runs");
  }

  /** The rows of an audit that nothing disturbed. */
  Map<String, List<String>> expected() throws IOException {
    if (expected == null) {
      SparkSession tables = LocalSpark.session(folder.resolve("expected"));
      audit(tables, archive.toString());
      expected = LineageRows.of(tables);
    }
    return expected;
  }

  static AuditReport audit(SparkSession tables, String archive) throws IOException {
    return audit(tables, archive, Progress.NONE);
  }

  static AuditReport audit(SparkSession tables, String archive, Progress progress)
      throws IOException {
    return new Audit(
            tables, Settings.load(Optional.empty()), Policy.load(Optional.empty()), progress)
        .run(archive);
  }

  /** The wire between the catalog and those that use it. */
  CuttableWire wire() throws IOException, SQLException {
    if (wire == null) {
      postgres = PostgresServer.start();
      wire = new CuttableWire(postgres.port());
    }
    return wire;
  }

  /** A catalog of PostgreSQL without tables, behind the wire; settings of a session. */
  Map<String, String> sharedCatalog(Path warehouse) throws IOException, SQLException {
    int port = wire().port();
    String name = "faults" + databases.incrementAndGet();
    postgres.database(name);
    return Map.of(
        CATALOG,
        "org.apache.iceberg.spark.SparkCatalog",
        CATALOG + ".type",
        "jdbc",
        CATALOG + ".jdbc.schema-version",
        "V1",
        // Statements by their text, which the wire looks for.
        CATALOG + ".uri",
        "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?prepareThreshold=0",
        CATALOG + ".jdbc.user",
        PostgresServer.USER,
        CATALOG + ".jdbc.password",
        PostgresServer.PASSWORD,
        CATALOG + ".warehouse",
        "file:" + warehouse);
  }

  static SparkSession session(Map<String, String> settings) {
    SparkSession session = LocalSpark.session();
    settings.forEach(session.conf()::set);
    return session;
  }

  /** A store that holds the archive below the key {@code runs}. */
  S3Server s3() throws Exception {
    if (s3 == null) {
      s3 = S3Server.start(Files.createDirectory(folder.resolve("s3")), answers);
      s3.put(archive, "runs");
    }
    return s3;
  }

  /** What spoils the answers of the store. */
  FaultyAnswers answers() {
    return answers;
  }

  /** Compares all rows of some tables with those of an audit that nothing disturbed. */
  Tally compare(SparkSession tables) throws IOException {
    return compare(expected(), rows(tables), false);
  }

  /** The same where other audits may be on record too. */
  Tally compareWithMore(SparkSession tables) throws IOException {
    Map<String, List<String>> ofFiles = new HashMap<>(expected());
    ofFiles.remove(LineageTable.AUDITS.tableName()); // says how much of it was known
    return compareWithMore(ofFiles, rows(tables), tables);
  }

  // Another audit may have judged the same edge for itself.
  static Tally compareWithMore(
      Map<String, List<String>> expected, Map<String, List<String>> found, SparkSession tables) {
    Tally tally = compare(expected, found, true);
    long doubled =
        LineageRows.whole(tables).values().stream()
            .mapToLong(rows -> rows.size() - Set.copyOf(rows).size())
            .sum();
    return new Tally(1, 0, 0, tally.rows(), tally.lost(), doubled);
  }

  // A session may remember how a table was before others wrote to it.
  private static Map<String, List<String>> rows(SparkSession tables) {
    for (LineageTable table : LineageTable.values()) {
      tables.sql("REFRESH TABLE " + table.tableName());
    }
    return LineageRows.of(tables);
  }

  private static Tally compare(
      Map<String, List<String>> expected, Map<String, List<String>> found, boolean more) {
    long rows = 0;
    long lost = 0;
    long doubled = 0;
    for (Map.Entry<String, List<String>> table : expected.entrySet()) {
      Map<String, Integer> counts = new HashMap<>();
      found.get(table.getKey()).forEach(row -> counts.merge(row, 1, Integer::sum));
      if (more) {
        counts.keySet().retainAll(Set.copyOf(table.getValue()));
      }
      table.getValue().forEach(row -> counts.merge(row, -1, Integer::sum));
      rows += table.getValue().size();
      lost += counts.values().stream().mapToLong(count -> Math.max(0, -count)).sum();
      doubled += counts.values().stream().mapToLong(count -> Math.max(0, count)).sum();
    }
    return new Tally(1, 0, 0, rows, lost, doubled);
  }

  @Override
  public void close() throws IOException {
    List<AutoCloseable> open = new ArrayList<>();
    Optional.ofNullable(wire).ifPresent(open::add);
    Optional.ofNullable(postgres).ifPresent(open::add);
    Optional.ofNullable(s3).ifPresent(open::add);
    for (AutoCloseable one : open) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IOException("Cannot stop a server", e);
      }
    }
  }
}
