package io.qtrace.job.lineage;

import static org.apache.iceberg.expressions.Expressions.and;
import static org.apache.iceberg.expressions.Expressions.equal;
import static org.apache.iceberg.expressions.Expressions.in;
import static org.apache.iceberg.expressions.Expressions.notEqual;
import static org.apache.iceberg.expressions.Expressions.notNull;
import static org.apache.iceberg.expressions.Expressions.startsWith;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max_by;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.Ulps;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.LayerInvariants;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.lineage.TensorRecords.EdgeKey;
import io.qtrace.job.operations.QExplanation.Proof;
import io.qtrace.job.parents.Candidate;
import io.qtrace.job.parents.Dispute;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.progress.Phase;
import io.qtrace.lut.CategoryRules;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.PickledGlobal;
import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.apache.iceberg.expressions.Expression;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * Reads and writes the lineage tables. A write replaces all rows of its audit in that table, in one
 * commit that carries the audit's id: an audit that was interrupted and runs again leaves the same
 * rows as one that was not. Tensors, comparisons and findings are written by the tasks that hold
 * them.
 */
public final class LineageStore {
  /** Column of every table that the audits write. */
  static final String AUDIT_ID = "audit_id";

  /** Snapshot property that names the audit of a commit. */
  static final String AUDIT_PROPERTY = "qtrace.audit-id";

  // For an unfinished audit in a shared catalog: longer than any audit takes from its first table
  // to its last.
  private static final Duration ABANDONED = Duration.ofHours(1);

  // Each time that another process is faster, it has created at least one more object.
  private static final int CREATIONS = 5;

  private final SparkSession spark;
  private final TableFiles files;
  private final String ignored; // an audit whose rows are not read

  public LineageStore(SparkSession spark) {
    this(spark, new TableFiles(spark), "");
  }

  private LineageStore(SparkSession spark, TableFiles files, String ignored) {
    this.spark = spark;
    this.files = files;
    this.ignored = ignored;
  }

  /**
   * Creates what is missing: tables, columns of tables that an older qtrace made, and views if the
   * catalog supports them. Another process may be creating the same at the same time.
   */
  public void create() {
    Failsafe.with(
            RetryPolicy.builder()
                .handleIf(failure -> failure instanceof RuntimeException && isShared())
                .withMaxAttempts(CREATIONS)
                .build())
        .run(this::createMissing);
  }

  /** Whether any table exists. */
  public boolean isCreated() {
    return !files.present().isEmpty();
  }

  private void createMissing() {
    Set<LineageTable> present = files.present();
    if (present.isEmpty()) {
      spark.sql("CREATE NAMESPACE IF NOT EXISTS " + LineageTable.NAMESPACE);
    }
    for (LineageTable table : LineageTable.values()) {
      if (present.contains(table)) {
        addMissingColumns(table);
      } else {
        if (!isShared()) {
          files.requireNew(table, setting("warehouse"));
        }
        spark.sql(table.createStatement());
      }
    }
    new LineageViews(spark).create();
  }

  private void addMissingColumns(LineageTable table) {
    List<String> missing = MissingColumns.of(files.schema(table), table.schema());
    if (!missing.isEmpty()) {
      spark.sql(
          "ALTER TABLE %s ADD COLUMNS (%s)"
              .formatted(table.tableName(), String.join(", ", missing)));
    }
  }

  /**
   * Begins an audit: removes the rows of audits that were killed between the writes of two tables.
   * A table's rows count only once those of the table that is written after it are there; an audit
   * that others may be writing just now is left alone for an hour.
   *
   * @return the tables without rows that a killed run of the same audit left in them
   * @throws IllegalStateException if this machine's clock is behind the last state of a table
   */
  public LineageStore begin(String auditId) {
    LineageTable.OF_AUDITS.forEach(files::requireClock);
    LineageStore without = new LineageStore(spark, files, auditId);
    without.removeUnfinished(LineageTable.TENSORS, LineageTable.CHECKPOINTS);
    without.removeUnfinished(LineageTable.INVARIANTS, LineageTable.CHECKPOINTS);
    without.removeUnfinished(LineageTable.GLOBALS, LineageTable.CHECKPOINTS);
    without.removeUnfinished(LineageTable.CHANGES, LineageTable.EDGES);
    without.removeUnfinished(LineageTable.Q_CHANGES, LineageTable.EDGES);
    without.removeUnfinished(LineageTable.CANDIDATES, LineageTable.AUDITS);
    without.removeUnfinished(LineageTable.DISPUTES, LineageTable.AUDITS);
    return without;
  }

  private void removeUnfinished(LineageTable table, LineageTable last) {
    Set<String> unfinished = files.auditIds(table);
    unfinished.removeAll(files.auditIds(last));
    if (isShared()) {
      unfinished.removeAll(files.writtenSince(table, Instant.now().minus(ABANDONED)));
    }
    unfinished.remove(ignored);
    unfinished.forEach(
        id -> spark.sql("DELETE FROM " + table.tableName() + " WHERE audit_id = '" + id + "'"));
  }

  // The embedded catalog belongs to one process at a time: no other process is writing.
  private boolean isShared() {
    return !setting("uri").startsWith("jdbc:h2:file:");
  }

  private String setting(String name) {
    return spark.conf().get("spark.sql.catalog." + LineageTable.CATALOG + "." + name, "");
  }

  /**
   * Merges small files, expires earlier states of the tables and removes files that belong to no
   * state; no row changes.
   *
   * @param keepSnapshots earlier states expire, unless a tag keeps them
   * @param keepOrphans earlier files that belong to no state are removed
   * @param isDone false to find only what would be done
   * @throws IllegalStateException if an audit is writing
   */
  public List<TableUpkeep> maintain(Instant keepSnapshots, Instant keepOrphans, boolean isDone) {
    List<TableUpkeep> done = new ArrayList<>();
    for (LineageTable table : LineageTable.values()) {
      if (files.present().contains(table)) {
        if (isDone) {
          requireNoWriter();
        }
        Maintenance upkeep = new Maintenance(spark, files.load(table), keepSnapshots, keepOrphans);
        done.add(isDone ? upkeep.run() : upkeep.plan());
      }
    }
    return done;
  }

  // An audit that has begun to write and not finished; a killed one counts for an hour.
  private void requireNoWriter() {
    if (!isShared()) {
      return;
    }
    Set<String> writing = new TreeSet<>();
    for (LineageTable table : LineageTable.OF_AUDITS) {
      writing.addAll(files.writtenSince(table, Instant.now().minus(ABANDONED)));
    }
    writing.removeAll(files.auditIds(LineageTable.AUDITS));
    if (!writing.isEmpty()) {
      throw new IllegalStateException(
          "Cannot maintain the tables: audit %s is writing them; try again when it has finished"
              .formatted(String.join(", ", writing)));
    }
  }

  /**
   * Tags the state of the tables after an audit, so that it never expires.
   *
   * @param name of the tag: new, or of the same state
   * @throws IllegalArgumentException if that state has expired, or the tag is of another state
   */
  public void tag(String name, String auditId) {
    files.tag(name, files.written(LineageTable.AUDITS, auditId));
  }

  /**
   * The tables in an earlier state.
   *
   * @param state a time (ISO 8601), the identifier of a snapshot of any table, or a tag
   * @throws IllegalArgumentException if it is none of these, or has expired
   */
  public LineageStore asOf(String state) {
    return new LineageStore(spark, files.asOf(state), ignored);
  }

  /** The finished audit with that ID, if there is one; works before any table exists. */
  public Optional<AuditEntry> audit(String auditId) {
    return files.present().contains(LineageTable.AUDITS)
        ? read(LineageTable.AUDITS, AuditRow.class, equal(AUDIT_ID, auditId)).stream()
            .map(AuditRow::entry)
            .findFirst()
        : Optional.empty();
  }

  /** The last finished audit of each archive, in order of the archives' URIs. */
  public List<AuditEntry> latestAudits() {
    List<String> ids =
        table(LineageTable.AUDITS)
            .groupBy("archive")
            .agg(max_by(col("audit_id"), col("finished")).as("audit_id"))
            .collectAsList()
            .stream()
            .map(row -> row.<String>getAs("audit_id"))
            .toList();
    return read(LineageTable.AUDITS, AuditRow.class, in(AUDIT_ID, ids)).stream()
        .map(AuditRow::entry)
        .sorted(Comparator.comparing(AuditEntry::archive))
        .toList();
  }

  /** The checkpoints with some identifiers, by identifier. */
  public Map<String, KnownCheckpoint> checkpoints(Collection<String> ids) {
    Map<String, KnownCheckpoint> known = new HashMap<>();
    read(LineageTable.CHECKPOINTS, CheckpointRow.class, in("checkpoint_id", ids))
        .forEach(row -> known.put(row.checkpointId(), RowMapping.checkpoint(row)));
    return known;
  }

  /** All checkpoints whose URI begins with a text, including those with older content. */
  public List<KnownCheckpoint> checkpointsBelow(String root) {
    return read(LineageTable.CHECKPOINTS, CheckpointRow.class, startsWith("uri", root)).stream()
        .map(RowMapping::checkpoint)
        .toList();
  }

  /** The names in the pickles of some checkpoints that are not known to be safe, by identifier. */
  public Map<String, List<PickledGlobal>> globals(Collection<String> ids) {
    Map<String, List<PickledGlobal>> known = new HashMap<>();
    if (!ids.isEmpty()) {
      read(
              LineageTable.GLOBALS,
              GlobalRow.class,
              and(
                  in("checkpoint_id", ids),
                  notEqual("judgement", PickledGlobal.Judgement.SAFE.label())))
          .forEach(
              row ->
                  known
                      .computeIfAbsent(row.checkpointId(), id -> new ArrayList<>())
                      .add(RowMapping.global(row)));
    }
    return known;
  }

  /** Edges that were judged under a policy. */
  public List<RecordedEdge> edges(String policyHash) {
    return read(
            LineageTable.EDGES,
            EdgeRow.class,
            and(equal("policy_hash", policyHash), notNull("rules_hash")))
        .stream()
        .map(RowMapping::edge)
        .toList();
  }

  /**
   * The members of averages that earlier audits found.
   *
   * @param ids checkpoints that may be averages
   * @return identifiers of the members, by that of the average
   */
  public Map<String, List<String>> averages(Set<String> ids) {
    Map<String, Set<String>> found = new HashMap<>();
    read(LineageTable.EDGES, EdgeRow.class, equal("parent_part", ParentPart.MEMBER.label()))
        .stream()
        .map(EdgeRow::ends)
        .filter(ends -> ids.contains(ends.childId()))
        .forEach(
            ends ->
                found
                    .computeIfAbsent(ends.childId(), child -> new TreeSet<>())
                    .add(ends.parentId()));
    Map<String, List<String>> averages = new HashMap<>();
    found.forEach((child, members) -> averages.put(child, List.copyOf(members)));
    return averages;
  }

  /** The number of {@code _Q} with each cause, for some edges. */
  public Map<RecordedEdge, List<CauseCount>> causes(Collection<RecordedEdge> edges) {
    if (edges.isEmpty()) {
      return Map.of();
    }
    Map<EdgeKey, RecordedEdge> wanted = new LinkedHashMap<>();
    edges.forEach(edge -> wanted.put(EdgeKey.of(edge), edge));
    List<String> audits = edges.stream().map(RecordedEdge::auditId).distinct().toList();
    Map<RecordedEdge, List<CauseCount>> counts = new HashMap<>();
    files
        .merged(
            LineageTable.Q_CHANGES,
            QChangeRow.class,
            notIgnored(in(AUDIT_ID, audits)),
            row ->
                new Tuple2<>(
                    List.of(
                        row.auditId(),
                        row.ends().parentId(),
                        row.ends().childId(),
                        Objects.requireNonNullElse(row.cause(), ""),
                        Objects.requireNonNullElse(row.proof(), Proof.PROVED.name())),
                    Tally.of(row)),
            Tally::merge)
        .forEach(
            (key, tally) -> {
              RecordedEdge edge = wanted.get(new EdgeKey(key.get(0), key.get(1), key.get(2)));
              if (edge != null) {
                counts
                    .computeIfAbsent(edge, e -> new ArrayList<>())
                    .add(
                        new CauseCount(
                            Optional.of(key.get(3)).filter(cause -> !cause.isEmpty()),
                            Proof.valueOf(key.get(4)),
                            tally.count(),
                            Optional.of(tally.drift()).filter(drift -> !drift.isNaN()),
                            tally.rounded()));
              }
            });
    return counts;
  }

  /**
   * Counts of {@code _Q} with one cause.
   *
   * @param drift the largest; NaN if there is none
   */
  private record Tally(long count, double drift, Ulps rounded) implements Serializable {
    static Tally of(QChangeRow row) {
      return new Tally(
          1,
          Objects.requireNonNullElse(row.drift(), Double.NaN),
          row.rounded() == null ? Ulps.NONE : new Ulps(row.rounded(), row.roundedUlps()));
    }

    Tally merge(Tally other) {
      return new Tally(
          count + other.count,
          Double.isNaN(drift) || other.drift > drift ? other.drift : drift,
          rounded.merge(other.rounded));
    }
  }

  /**
   * What the search for parents found about pairs of some checkpoints.
   *
   * @param method how it was found; rows of other methods are not read
   */
  public Map<Candidate, Candidate.Transitions> candidates(String method, Set<String> ids) {
    Map<String, String> own = new HashMap<>(); // one instance of each identifier
    ids.forEach(id -> own.put(id, id));
    Map<Candidate, Candidate.Transitions> known = new HashMap<>();
    files.forEach(
        LineageTable.CANDIDATES,
        CandidateRow.class,
        notIgnored(equal("method", method)),
        row -> {
          String one = own.get(row.oneId());
          String other = own.get(row.otherId());
          if (one != null && other != null) {
            known.put(new Candidate(one, other), RowMapping.transitions(row));
          }
        });
    return known;
  }

  /**
   * What the tensor contents show about declared parents of some checkpoints, as {@link
   * #candidates}.
   */
  public Map<Dispute, Dispute.Ruling> rulings(String method, Set<String> ids) {
    Map<Dispute, Dispute.Ruling> known = new HashMap<>();
    read(LineageTable.DISPUTES, DisputeRow.class, equal("method", method)).stream()
        .filter(row -> ids.contains(row.childId()))
        .forEach(row -> known.put(RowMapping.dispute(row), RowMapping.ruling(row)));
    return known;
  }

  /** Facts that earlier audits measured, by checkpoint identifier; they stay on the executors. */
  public JavaPairRDD<String, Packed<CheckpointFacts>> facts(
      Set<String> ids, CategoryRules categories) {
    if (ids.isEmpty()) {
      return JavaPairRDD.fromJavaRDD(
          JavaSparkContext.fromSparkContext(spark.sparkContext()).emptyRDD());
    }
    Expression wanted = in("checkpoint_id", ids);
    JavaPairRDD<String, Packed<TensorRow>> tensors =
        rows(LineageTable.TENSORS, TensorRow.class, wanted)
            .mapToPair(row -> new Tuple2<>(row.checkpointId(), Packed.of(row)));
    JavaPairRDD<String, Packed<LayerInvariants>> layers =
        rows(LineageTable.INVARIANTS, InvariantRow.class, wanted)
            .mapToPair(
                row -> new Tuple2<>(row.checkpointId(), Packed.of(RowMapping.invariants(row))));
    return tensors
        .cogroup(layers)
        .mapValues(found -> Packed.of(facts(found._1(), found._2(), categories)));
  }

  private static CheckpointFacts facts(
      Iterable<Packed<TensorRow>> rows,
      Iterable<Packed<LayerInvariants>> invariants,
      CategoryRules categories) {
    Map<String, TensorFacts> tensors = new LinkedHashMap<>();
    Map<String, TensorFacts> shadow = new LinkedHashMap<>();
    StreamSupport.stream(rows.spliterator(), false)
        .map(Packed::value)
        .sorted(
            Comparator.comparing((TensorRow row) -> Objects.requireNonNullElse(row.position(), 0))
                .thenComparing(TensorRow::name))
        .forEach(
            row -> {
              TensorFacts found = RowMapping.facts(row, categories);
              if (row.section() == null) {
                tensors.put(row.name(), found);
              } else {
                shadow.put(Shadow.original(row.section(), row.name()), found);
              }
            });
    Map<String, LayerInvariants> layers = new LinkedHashMap<>();
    StreamSupport.stream(invariants.spliterator(), false)
        .map(Packed::value)
        .forEach(layer -> layers.put(layer.layer(), layer));
    return new CheckpointFacts(tensors, layers, shadow);
  }

  /** Everything known about one tensor name. */
  public TensorRecords tensor(String name) {
    Map<String, TensorRecords.Version> versions = new HashMap<>();
    select(LineageTable.TENSORS, TensorRow.class, col("name").equalTo(name))
        .forEach(
            row ->
                versions.put(
                    row.checkpointId(),
                    new TensorRecords.Version(row.fingerprint(), row.dtype(), row.shape())));
    Map<EdgeKey, TensorRecords.Change> changes = new HashMap<>();
    select(LineageTable.CHANGES, ChangeRow.class, col("name").equalTo(name))
        .forEach(row -> changes.put(EdgeKey.of(row.auditId(), row.ends()), change(row)));
    Map<EdgeKey, TensorRecords.Quantized> quantized = new HashMap<>();
    LayerNames.ofQuantized(name)
        .ifPresent(
            layer ->
                select(
                        LineageTable.Q_CHANGES,
                        QChangeRow.class,
                        col("layer").equalTo(layer.layer()))
                    .forEach(
                        row ->
                            quantized.put(EdgeKey.of(row.auditId(), row.ends()), quantized(row))));
    return new TensorRecords(versions, changes, quantized);
  }

  /**
   * The first edges below a checkpoint on which tensors differ from it.
   *
   * @see Departures#find
   */
  public Map<String, List<Departures.Departure>> departures(
      String since, List<Departures.Below> edges, Optional<String> tensor) {
    return Departures.find(spark, since, edges, tensor);
  }

  /** Whether a checkpoint has a tensor of that name, or any {@code _Q} if there is none. */
  public boolean has(String checkpointId, Optional<String> tensor) {
    Column wanted =
        tensor.map(name -> col("name").equalTo(name)).orElse(col("category").equalTo("q"));
    return !table(LineageTable.TENSORS)
        .where(col("checkpoint_id").equalTo(checkpointId).and(wanted))
        .isEmpty();
  }

  private static TensorRecords.Change change(ChangeRow row) {
    Optional<ChangeRow.DifferenceRow> difference = Optional.ofNullable(row.difference());
    return new TensorRecords.Change(
        TensorStatus.valueOf(row.status()),
        difference.map(ChangeRow.DifferenceRow::changedElements),
        difference.map(ChangeRow.DifferenceRow::maxAbs));
  }

  private static TensorRecords.Quantized quantized(QChangeRow row) {
    return new TensorRecords.Quantized(
        Optional.ofNullable(row.cause()), row.residual(), Optional.ofNullable(row.drift()));
  }

  private Dataset<Row> table(LineageTable table) {
    return files.dataset(spark, table).where(col(AUDIT_ID).notEqual(ignored));
  }

  private Expression notIgnored(Expression condition) {
    return and(condition, notEqual(AUDIT_ID, ignored));
  }

  // For tables with a row per checkpoint or edge.
  private <R extends Record> List<R> read(LineageTable table, Class<R> type, Expression condition) {
    return files.read(table, type, notIgnored(condition));
  }

  // For tables with a row per tensor.
  private <R extends Record> List<R> select(LineageTable table, Class<R> type, Column condition) {
    RowCodec<R> codec = new RowCodec<>(type);
    try (Phase phase = Phase.begin(spark.sparkContext(), "read", "read " + table.tableName())) {
      return table(table).where(condition).collectAsList().stream().map(codec::record).toList();
    }
  }

  private <R extends Record> JavaRDD<R> rows(
      LineageTable table, Class<R> type, Expression condition) {
    return files.rows(table, type, notIgnored(condition));
  }

  /** Replaces the rows of one audit. */
  public <R extends Record> void replace(
      LineageTable table, Class<R> type, String auditId, List<R> records) {
    if (!records.isEmpty()) {
      files.replace(table, type, auditId, records);
    }
  }

  private <T, R extends Record> void replace(
      LineageTable table,
      Class<R> type,
      String auditId,
      JavaRDD<T> found,
      SerializableRows<T, R> toRows) {
    try (Phase phase = Phase.begin(spark.sparkContext(), "write", "write " + table.tableName())) {
      files.replace(table, type, auditId, found.flatMap(one -> toRows.apply(one).iterator()));
    }
  }

  private interface SerializableRows<T, R> extends Function<T, List<R>>, Serializable {}

  /**
   * Writes the tensors of new checkpoints, from the tasks that hold them.
   *
   * @param facts by the checkpoint's identifier, in parts that are ranges of identifiers
   * @param paths of the checkpoints below the archive's root, by identifier
   */
  public void writeTensors(
      String auditId,
      JavaPairRDD<String, Packed<CheckpointFacts>> facts,
      Map<String, String> paths) {
    replace(
        LineageTable.TENSORS,
        TensorRow.class,
        auditId,
        sorted(facts),
        one -> {
          List<TensorRow> rows = new ArrayList<>();
          BiConsumer<TensorFacts, Optional<String>> add =
              (tensor, section) ->
                  rows.add(
                      RowMapping.row(
                          auditId, one._1(), paths.get(one._1()), rows.size(), tensor, section));
          CheckpointFacts found = one._2().value();
          found.tensors().values().forEach(tensor -> add.accept(tensor, Optional.empty()));
          found
              .shadow()
              .forEach(
                  (original, copy) ->
                      add.accept(copy, Optional.of(Shadow.section(copy.name(), original))));
          return rows;
        });
  }

  // Within the parts: a file's rows of one checkpoint are neighbours, and files have ranges of
  // identifiers, so that few rows are read to find those of one checkpoint.
  private static JavaRDD<Tuple2<String, Packed<CheckpointFacts>>> sorted(
      JavaPairRDD<String, Packed<CheckpointFacts>> facts) {
    return facts.mapPartitions(
        part -> {
          List<Tuple2<String, Packed<CheckpointFacts>>> all = new ArrayList<>();
          part.forEachRemaining(all::add);
          all.sort(Comparator.comparing(Tuple2::_1));
          return all.iterator();
        });
  }

  /** Writes the invariants of new checkpoints, as {@link #writeTensors}. */
  public void writeInvariants(
      String auditId,
      JavaPairRDD<String, Packed<CheckpointFacts>> facts,
      Map<String, String> paths) {
    replace(
        LineageTable.INVARIANTS,
        InvariantRow.class,
        auditId,
        sorted(facts),
        one ->
            one._2().value().layers().values().stream()
                .map(layer -> RowMapping.row(auditId, one._1(), paths.get(one._1()), layer))
                .toList());
  }

  /** Writes checkpoints. */
  public void writeCheckpoints(String auditId, List<KnownCheckpoint> checkpoints) {
    replace(
        LineageTable.CHECKPOINTS,
        CheckpointRow.class,
        auditId,
        checkpoints.stream().map(RowMapping::row).toList());
  }

  /**
   * Writes the names in the pickles of new checkpoints.
   *
   * @param found by the checkpoint's identifier
   * @param paths of the checkpoints below the archive's root, by identifier
   */
  public void writeGlobals(
      String auditId, Map<String, List<PickledGlobal>> found, Map<String, String> paths) {
    List<GlobalRow> rows = new ArrayList<>();
    new TreeMap<>(found)
        .forEach(
            (id, globals) ->
                globals.forEach(
                    global -> rows.add(RowMapping.row(auditId, id, paths.get(id), global))));
    replace(LineageTable.GLOBALS, GlobalRow.class, auditId, rows);
  }

  /** Writes the tensors that changed on edges, from the tasks that hold the results. */
  public void writeChanges(String auditId, JavaRDD<Packed<EdgeResult>> results) {
    replace(
        LineageTable.CHANGES,
        ChangeRow.class,
        auditId,
        results,
        result -> RowMapping.changes(auditId, result.value()));
  }

  /** Writes why each {@code _Q} changed on edges, from the tasks that hold the results. */
  public void writeQuantized(String auditId, JavaRDD<Packed<EdgeResult>> results) {
    replace(
        LineageTable.Q_CHANGES,
        QChangeRow.class,
        auditId,
        results,
        result -> RowMapping.quantized(auditId, result.value()));
  }

  /** Writes edges. */
  public void writeEdges(String auditId, List<AuditedEdge> edges) {
    replace(
        LineageTable.EDGES,
        EdgeRow.class,
        auditId,
        edges.stream().map(edge -> RowMapping.row(auditId, edge)).toList());
  }

  /** Writes what the search for parents found. */
  public void writeCandidates(
      String auditId, String method, Map<Candidate, Candidate.Transitions> found) {
    List<CandidateRow> rows = new ArrayList<>();
    found.forEach(
        (candidate, transitions) ->
            rows.add(RowMapping.row(auditId, method, candidate, transitions)));
    rows.sort(Comparator.comparing(CandidateRow::oneId).thenComparing(CandidateRow::otherId));
    replace(LineageTable.CANDIDATES, CandidateRow.class, auditId, rows);
  }

  /** Writes what the tensor contents show about declared parents that the weights cast doubt on. */
  public void writeRulings(String auditId, String method, Map<Dispute, Dispute.Ruling> found) {
    List<DisputeRow> rows = new ArrayList<>();
    found.forEach((dispute, ruling) -> rows.add(RowMapping.row(auditId, method, dispute, ruling)));
    rows.sort(Comparator.comparing(DisputeRow::childId).thenComparing(DisputeRow::declaredId));
    replace(LineageTable.DISPUTES, DisputeRow.class, auditId, rows);
  }

  /** Writes a finished audit, last of all. */
  public void writeAudit(AuditEntry audit) {
    replace(LineageTable.AUDITS, AuditRow.class, audit.id(), List.of(AuditRow.of(audit)));
  }
}
