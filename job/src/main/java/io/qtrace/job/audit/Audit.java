package io.qtrace.job.audit;

import static org.apache.spark.sql.functions.col;

import io.qtrace.io.ObjectStore;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.ArchiveScan;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.policy.RunPolicy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.AuditRow;
import io.qtrace.job.lineage.ChangeRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.QChangeRow;
import io.qtrace.job.lineage.TensorRow;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Audits an archive: every checkpoint measured once, every edge compared and judged, all of it in
 * the lineage tables. An audit's id follows from what it looks at, so the same audit again finds
 * its own rows and adds none; checkpoints and edges that an earlier audit knows are taken from its
 * rows.
 */
public final class Audit {
  private final Settings settings;
  private final Policy policy;
  private final LineageStore lineage;
  private final ObjectStore store;
  private final IndexStage indexing;
  private final CompareStage comparing;
  private final Consumer<String> progress;

  /**
   * @param progress told what the audit does next, one line each
   */
  public Audit(SparkSession spark, Settings settings, Policy policy, Consumer<String> progress) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.settings = settings;
    this.policy = policy;
    this.lineage = new LineageStore(spark);
    this.store = new ObjectStore(context.hadoopConfiguration());
    this.indexing = new IndexStage(context);
    this.comparing = new CompareStage(context, settings.compare(), policy.categories());
    this.progress = progress;
  }

  /**
   * Audits everything below a URI.
   *
   * @throws IOException if the archive cannot be listed or the object store fails
   */
  public AuditReport run(String uri) throws IOException {
    Instant started = Instant.now();
    progress.accept("listing " + uri);
    Archive archive = new ArchiveScan(store, settings.archive()).scan(uri);
    String id = ContentId.of(archive, policy, Json.line(settings.archive()));
    lineage.create();
    Optional<AuditRow> before = lineage.audit(id);
    if (before.isPresent()) {
      progress.accept("nothing changed since audit " + id);
      return Json.read(before.get().report(), AuditReport.class);
    }
    lineage.removeUnfinished();
    return new Session(archive, new AuditRows(id, policy), id, started).run();
  }

  /** One audit under way. */
  private final class Session {
    private final Archive archive;
    private final AuditRows rows;
    private final String id;
    private final Instant started;
    private final EdgeRules.Found rules;
    private final Map<String, RunPolicy> policies = new HashMap<>(); // by the run's path
    private final KnownCheckpoints known;
    private final Map<CheckpointFile, CheckpointRow> checkpoints = new TreeMap<>();
    private final List<TensorRow> tensors = new ArrayList<>();
    private final List<InvariantRow> invariants = new ArrayList<>(); // of new checkpoints
    private final Map<List<String>, EdgeRow> judged = new HashMap<>(); // by ends and rules
    private final List<ChangeRow> changes = new ArrayList<>();
    private final List<QChangeRow> quantizedChanges = new ArrayList<>();
    private long tensorsCompared;
    private long bytesRead;

    Session(Archive archive, AuditRows rows, String id, Instant started) {
      this.archive = archive;
      this.rows = rows;
      this.id = id;
      this.started = started;
      this.rules = EdgeRules.of(archive);
      archive
          .runs()
          .forEach(run -> policies.put(run.path(), policy.forRun(run.path(), run.config())));
      this.known = new KnownCheckpoints(lineage, policy.categories(), archive.checkpoints());
    }

    AuditReport run() throws IOException {
      List<Edge> toCompare = edgesToCompare();
      AuditSources sources = AuditSources.of(archive, known, toCompare);
      progress.accept("indexing %d checkpoints".formatted(sources.files().size()));
      IndexedSources indexed = sources.index(indexing);
      progress.accept(
          "comparing %d edges, %d checkpoints are new"
              .formatted(toCompare.size(), sources.fresh()));
      CompareOutput output = comparing.run(indexed.input(known.facts(indexed.files())));
      bytesRead = indexed.bytesRead() + output.bytesRead();
      addCheckpoints(indexed, output);
      addEdges(indexed, output);
      progress.accept("writing to " + LineageTable.NAMESPACE);
      return write();
    }

    // An edge that was judged under these very rules is not compared again.
    private List<Edge> edgesToCompare() {
      lineage
          .read(LineageTable.EDGES, EdgeRow.class, col("policy_hash").equalTo(policy.hash()))
          .forEach(row -> judged.put(key(row), row));
      return rules.edges().stream().filter(edge -> !judged.containsKey(key(edge))).toList();
    }

    private static List<String> key(EdgeRow row) {
      return List.of(row.parentId(), row.childId(), row.rulesHash());
    }

    private List<String> key(Edge edge) {
      return List.of(
          ContentId.of(edge.parent().stat()),
          ContentId.of(edge.child().stat()),
          rules(edge).identity(edge.child().path()));
    }

    private RunPolicy rules(Edge edge) {
      return policies.get(edge.child().run());
    }

    private void addCheckpoints(IndexedSources indexed, CompareOutput output) {
      archive
          .checkpoints()
          .forEach(file -> known.row(file).ifPresent(row -> checkpoints.put(file, row)));
      indexed.unreadable().forEach((file, why) -> add(file, rows.unreadable(file, why)));
      for (int i = 0; i < indexed.files().size(); i++) {
        CheckpointFile file = indexed.files().get(i);
        String failure = output.failures().get(i);
        CheckpointRow row =
            failure == null
                ? rows.readable(file, indexed.indexes().get(i))
                : rows.unreadable(file, failure);
        if (add(file, row)) {
          output.facts().get(i).values().stream()
              .map(facts -> facts.row(id, row.checkpointId(), file.path()))
              .forEach(tensors::add);
          invariants.addAll(
              new Invariants(id, row.checkpointId(), file.path())
                  .rows(output.facts().get(i), output.checks().get(i)));
        }
      }
    }

    private boolean add(CheckpointFile file, CheckpointRow row) {
      return checkpoints.putIfAbsent(file, row) == null;
    }

    private void addEdges(IndexedSources indexed, CompareOutput output) {
      Map<String, List<InvariantRow>> byCheckpoint = known.invariants(indexed.files());
      byCheckpoint.putAll(
          invariants.stream().collect(Collectors.groupingBy(InvariantRow::checkpointId)));
      for (int i = 0; i < indexed.edges().size(); i++) {
        Edge edge = indexed.edges().get(i);
        Optional<PairComparison> pair = output.pairs().get(i);
        if (pair.isPresent()) {
          List<InvariantRow> child =
              byCheckpoint.getOrDefault(ContentId.of(edge.child().stat()), List.of());
          List<QChange> explained = QChange.of(pair.get(), Invariants.byLayer(child));
          Judgement judgement =
              new EdgeJudge(rules(edge), edge.child().path())
                  .judge(EdgeKinds.of(edge.child(), pair.get()), pair.get(), explained);
          judged.put(key(edge), rows.edge(edge, pair.get(), judgement));
          changes.addAll(rows.changes(edge, pair.get()));
          quantizedChanges.addAll(rows.quantizedChanges(edge, explained));
          tensorsCompared += pair.get().tensors().size();
        }
      }
    }

    // A table whose rows count only with those of another is written before it; the audit itself
    // comes last.
    private AuditReport write() {
      List<CheckpointRow> fresh =
          checkpoints.values().stream().filter(row -> row.auditId().equals(id)).toList();
      List<EdgeRow> edges =
          rules.edges().stream()
              .filter(edge -> judged.containsKey(key(edge)))
              .map(edge -> judged.get(key(edge)))
              .toList();
      List<EdgeRow> newEdges = edges.stream().filter(row -> row.auditId().equals(id)).toList();
      lineage.replace(LineageTable.TENSORS, TensorRow.class, id, tensors);
      lineage.replace(LineageTable.INVARIANTS, InvariantRow.class, id, invariants);
      lineage.replace(LineageTable.CHECKPOINTS, CheckpointRow.class, id, fresh);
      lineage.replace(LineageTable.CHANGES, ChangeRow.class, id, changes);
      lineage.replace(LineageTable.Q_CHANGES, QChangeRow.class, id, quantizedChanges);
      lineage.replace(LineageTable.EDGES, EdgeRow.class, id, newEdges);
      AuditReport report =
          AuditReports.of(
              id,
              archive,
              List.copyOf(checkpoints.values()),
              edges,
              rules.findings(),
              policy.waivers(),
              new AuditReports.Work(fresh.size(), bytesRead, tensorsCompared));
      AuditRow row = AuditReports.row(report, policy, started, Instant.now());
      lineage.replace(LineageTable.AUDITS, AuditRow.class, id, List.of(row));
      return report;
    }
  }
}
