package io.qtrace.job.lineage;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.qtrace.job.conf.EmbeddedCatalog;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.iceberg.CombinedScanTask;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.spark.Spark3Util;
import org.apache.iceberg.spark.SparkSchemaUtil;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.PairFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * Reads and writes the tables through their catalog, without SQL: the driver reads small tables
 * itself, an audit that finds nothing new starts no job, and tasks write the rows that they hold. A
 * write is one commit.
 */
final class TableFiles {
  private static final Namespace NAMESPACE =
      Namespace.of(LineageTable.NAMESPACE.substring(LineageTable.CATALOG.length() + 1));

  private static final int OPENINGS = 3; // a catalog creates two tables and a column

  // SQL states of objects and rows that are there already are of these classes.
  private static final Pattern EXISTS = Pattern.compile("(42|23)...");

  // How far Iceberg lets a state be older than the one before.
  private static final Duration CLOCKS_APART = Duration.ofMinutes(1);

  // A table's first state is 0. One that has others was in a catalog.
  private static final PathFilter LATER_STATES =
      file -> file.getName().matches("0*[1-9][0-9]*-.*[.]metadata[.]json");

  private static final String VERSION = "SELECT * FROM %s VERSION AS OF %d";

  private static final String TASK_BYTES = Long.toString(64 << 20);

  // Cost of opening a row group: small, so that one task reads many.
  private static final String ROW_GROUP_COST = Long.toString(64 << 10);

  private final JavaSparkContext spark;
  private final Catalog catalog;
  private final TableState state; // that is read

  TableFiles(SparkSession spark) {
    this.spark = JavaSparkContext.fromSparkContext(spark.sparkContext());
    // The session whose settings configure the catalogs.
    org.apache.spark.sql.classic.SparkSession.setActiveSession(spark);
    this.catalog = open(spark);
    this.state = TableState.CURRENT;
  }

  // A JDBC catalog creates tables of its own when it is first opened, and others may be as quick.
  private static Catalog open(SparkSession spark) {
    return Failsafe.with(
            RetryPolicy.<Catalog>builder()
                .handleIf(TableFiles::isCreatedByOthers)
                .withMaxAttempts(OPENINGS)
                .build())
        .get(() -> Spark3Util.loadIcebergCatalog(spark, LineageTable.CATALOG));
  }

  private static boolean isCreatedByOthers(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .filter(SQLException.class::isInstance)
        .anyMatch(
            cause ->
                cause instanceof SQLTransientException
                    || EXISTS
                        .matcher(String.valueOf(((SQLException) cause).getSQLState()))
                        .matches());
  }

  private TableFiles(TableFiles files, TableState state) {
    this.spark = files.spark;
    this.catalog = files.catalog;
    this.state = state;
  }

  /** The same tables in an earlier state, as {@link LineageStore#asOf} names it. */
  TableFiles asOf(String text) {
    List<Table> tables =
        Arrays.stream(LineageTable.values()).filter(present()::contains).map(this::load).toList();
    TableState wanted = TableState.of(text, tables);
    if (!present().contains(LineageTable.AUDITS)) {
      throw new IllegalArgumentException(
          "Cannot read the tables as of %s: there are none yet".formatted(text));
    }
    wanted.require(load(LineageTable.AUDITS));
    return new TableFiles(this, wanted);
  }

  /** The rows of a table for queries. */
  Dataset<Row> dataset(SparkSession session, LineageTable table) {
    if (state.isCurrent()) {
      return session.table(table.tableName());
    }
    return state
        .snapshot(load(table))
        .map(id -> session.sql(VERSION.formatted(table.tableName(), id)))
        .orElseGet(() -> session.table(table.tableName()).limit(0));
  }

  /** When an audit committed its rows of a table. */
  Instant written(LineageTable table, String auditId) {
    for (Snapshot snapshot : load(table).snapshots()) {
      if (auditId.equals(snapshot.summary().get(LineageStore.AUDIT_PROPERTY))) {
        return Instant.ofEpochMilli(snapshot.timestampMillis());
      }
    }
    throw new IllegalArgumentException(
        "Cannot find audit %s: the state of the tables after it has expired".formatted(auditId));
  }

  /** Tags the state at a given time, in each table that had one. */
  void tag(String name, Instant time) {
    for (LineageTable table : LineageTable.values()) {
      if (present().contains(table)) {
        Table loaded = load(table);
        TableState.at(time).snapshot(loaded).ifPresent(snapshot -> tag(loaded, name, snapshot));
      }
    }
  }

  private static void tag(Table table, String name, long snapshot) {
    SnapshotRef known = table.refs().get(name);
    if (known == null) {
      table.manageSnapshots().createTag(name, snapshot).commit();
    } else if (known.snapshotId() != snapshot) {
      throw new IllegalArgumentException(
          "Invalid tag: '%s' already names another state of %s, expected a new name"
              .formatted(name, table.name()));
    }
  }

  /** The tables that exist. */
  Set<LineageTable> present() {
    try {
      Set<String> names =
          catalog.listTables(NAMESPACE).stream()
              .map(TableIdentifier::name)
              .collect(Collectors.toSet());
      return Arrays.stream(LineageTable.values())
          .filter(table -> names.contains(table.simpleName()))
          .collect(Collectors.toSet());
    } catch (NoSuchNamespaceException e) {
      return Set.of();
    }
  }

  /**
   * Makes sure that the embedded catalog has not lost a missing table, as it may when its damaged
   * database is repaired: a new table would hide the rows of the old one.
   *
   * @throws IllegalStateException if there are files of the table's later states
   */
  void requireNew(LineageTable table, String warehouse) {
    Path metadata =
        new Path(String.join("/", warehouse, NAMESPACE.toString(), table.simpleName(), "metadata"));
    try {
      FileStatus[] states =
          metadata.getFileSystem(spark.hadoopConfiguration()).listStatus(metadata, LATER_STATES);
      if (states.length > 0) {
        throw new IllegalStateException(
            "Cannot open warehouse: its catalog has lost table %s of %s; %s"
                .formatted(table.simpleName(), metadata.getParent(), EmbeddedCatalog.REMEDY));
      }
    } catch (FileNotFoundException e) {
      return; // the usual case
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  StructType schema(LineageTable table) {
    return SparkSchemaUtil.convert(load(table).schema());
  }

  /** The rows that a condition selects. */
  <R extends Record> List<R> read(LineageTable table, Class<R> type, Expression condition) {
    List<R> rows = new ArrayList<>();
    forEach(table, type, condition, rows::add);
    return rows;
  }

  /** Hands on the rows that a condition selects, one at a time. */
  <R extends Record> void forEach(
      LineageTable table, Class<R> type, Expression condition, Consumer<R> action) {
    Table loaded = load(table);
    RowCodec<R> codec = new RowCodec<>(type);
    for (CombinedScanTask files : tasks(loaded, state.snapshot(loaded), condition)) {
      new TableRows(loaded).read(files.files(), condition, row -> action.accept(codec.record(row)));
    }
  }

  /** The same, as an RDD on the executors. */
  <R extends Record> JavaRDD<R> rows(LineageTable table, Class<R> type, Expression condition) {
    TableRows files = TableRows.of(load(table));
    List<CombinedScanTask> tasks = tasks(files.table(), state.snapshot(files.table()), condition);
    return spark
        .parallelize(tasks, Math.max(1, tasks.size()))
        .flatMap(
            task -> {
              RowCodec<R> codec = new RowCodec<>(type);
              List<R> rows = new ArrayList<>();
              files.read(task.files(), condition, row -> rows.add(codec.record(row)));
              return rows.iterator();
            });
  }

  /**
   * Values of the rows that a condition selects, merged by key on the executors: no task holds its
   * rows.
   */
  <R extends Record, K, V> Map<K, V> merged(
      LineageTable table,
      Class<R> type,
      Expression condition,
      PairFunction<R, K, V> entry,
      Function2<V, V, V> merge) {
    TableRows files = TableRows.of(load(table));
    List<CombinedScanTask> tasks = tasks(files.table(), state.snapshot(files.table()), condition);
    return spark
        .parallelize(tasks, Math.max(1, tasks.size()))
        .flatMapToPair(task -> merged(files, task, type, condition, entry, merge))
        .reduceByKey(merge)
        .collectAsMap();
  }

  private static <R extends Record, K, V> Iterator<Tuple2<K, V>> merged(
      TableRows files,
      CombinedScanTask task,
      Class<R> type,
      Expression condition,
      PairFunction<R, K, V> entry,
      Function2<V, V, V> merge) {
    RowCodec<R> codec = new RowCodec<>(type);
    Map<K, V> merged = new HashMap<>();
    files.read(
        task.files(),
        condition,
        row -> {
          try {
            Tuple2<K, V> one = entry.call(codec.record(row));
            V known = merged.get(one._1());
            merged.put(one._1(), known == null ? one._2() : merge.call(known, one._2()));
          } catch (Exception e) {
            throw new IllegalStateException("Cannot merge rows of " + type.getSimpleName(), e);
          }
        });
    return merged.entrySet().stream()
        .map(one -> new Tuple2<>(one.getKey(), one.getValue()))
        .iterator();
  }

  private static List<CombinedScanTask> tasks(
      Table table, Optional<Long> snapshot, Expression condition) {
    if (snapshot.isEmpty()) {
      return List.of();
    }
    try (CloseableIterable<CombinedScanTask> tasks =
        table
            .newScan()
            .useSnapshot(snapshot.get())
            .filter(condition)
            .option(TableProperties.SPLIT_SIZE, TASK_BYTES)
            .option(TableProperties.SPLIT_OPEN_FILE_COST, ROW_GROUP_COST)
            .planTasks()) {
      List<CombinedScanTask> all = new ArrayList<>();
      tasks.forEach(all::add);
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Replaces the rows of one audit by a few from the driver. */
  <R extends Record> void replace(
      LineageTable table, Class<R> type, String auditId, List<R> records) {
    Table loaded = load(table);
    RowCodec<R> codec = new RowCodec<>(type);
    Iterator<Row> rows = records.stream().map(codec::row).iterator();
    commit(loaded, auditId, new TableRows(loaded).write(rows, codec.schema(), 0, 0));
  }

  /** Replaces the rows of one audit by those that tasks have. */
  <R extends Record> void replace(
      LineageTable table, Class<R> type, String auditId, JavaRDD<R> records) {
    Table loaded = load(table);
    TableRows files = TableRows.of(loaded);
    StructType columns = new RowCodec<>(type).schema();
    // One file per task: no more of them than there are cores to write them.
    int tasks = Math.min(records.getNumPartitions(), spark.defaultParallelism());
    JavaRDD<DataFile> written =
        records
            .coalesce(Math.max(1, tasks))
            .map(record -> new RowCodec<>(type).row(record))
            .mapPartitions(
                rows -> {
                  TaskContext task = TaskContext.get();
                  return files
                      .write(rows, columns, task.partitionId(), task.taskAttemptId())
                      .iterator();
                });
    commit(loaded, auditId, written.collect());
  }

  /**
   * Fails if the last state of a table is in the future: Iceberg accepts no state older than the
   * last one.
   */
  void requireClock(LineageTable table) {
    requireClock(load(table));
  }

  private static void requireClock(Table table) {
    Snapshot last = table.currentSnapshot();
    Instant now = Instant.now();
    if (last != null && last.timestampMillis() > now.plus(CLOCKS_APART).toEpochMilli()) {
      throw new IllegalStateException(
          "Cannot write table %s: its last state is from %s, but this machine's clock says %s; set the clock, or wait until then"
              .formatted(
                  table.name(),
                  Instant.ofEpochMilli(last.timestampMillis()).truncatedTo(ChronoUnit.SECONDS),
                  now.truncatedTo(ChronoUnit.SECONDS)));
    }
  }

  private static void commit(Table table, String auditId, List<DataFile> files) {
    requireClock(table);
    OverwriteFiles overwrite =
        table
            .newOverwrite()
            .overwriteByRowFilter(Expressions.equal(LineageStore.AUDIT_ID, auditId))
            .set(LineageStore.AUDIT_PROPERTY, auditId);
    files.forEach(overwrite::addFile);
    overwrite.commit();
  }

  /** The audits that have rows in a table: by its files' partitions, where these are of audits. */
  Set<String> auditIds(LineageTable table) {
    Table loaded = load(table);
    Set<String> ids = new HashSet<>();
    try (CloseableIterable<FileScanTask> files = loaded.newScan().planFiles()) {
      for (FileScanTask file : files) {
        OptionalInt place = placeOfAudit(file.spec());
        if (place.isPresent()) {
          ids.add(file.partition().get(place.getAsInt(), String.class));
        } else {
          new TableRows(loaded)
              .read(
                  List.of(file),
                  Expressions.alwaysTrue(),
                  row -> ids.add(row.getAs(LineageStore.AUDIT_ID)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  private static OptionalInt placeOfAudit(PartitionSpec spec) {
    int audit = spec.schema().findField(LineageStore.AUDIT_ID).fieldId();
    return IntStream.range(0, spec.fields().size())
        .filter(
            i ->
                spec.fields().get(i).sourceId() == audit
                    && spec.fields().get(i).transform().isIdentity())
        .findFirst();
  }

  /** The audits that wrote to a table since a time. */
  Set<String> writtenSince(LineageTable table, Instant since) {
    Set<String> ids = new HashSet<>();
    for (Snapshot snapshot : load(table).snapshots()) {
      String id = snapshot.summary().get(LineageStore.AUDIT_PROPERTY);
      if (id != null && snapshot.timestampMillis() > since.toEpochMilli()) {
        ids.add(id);
      }
    }
    return ids;
  }

  Table load(LineageTable table) {
    Table loaded = catalog.loadTable(TableIdentifier.of(NAMESPACE, table.simpleName()));
    loaded.refresh();
    return loaded;
  }
}
