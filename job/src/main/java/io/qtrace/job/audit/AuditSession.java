package io.qtrace.job.audit;

import static org.apache.spark.sql.functions.col;

import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.Edge.Evidence;
import io.qtrace.job.audit.parents.Ancestry;
import io.qtrace.job.audit.parents.Claims;
import io.qtrace.job.audit.parents.Forest;
import io.qtrace.job.audit.parents.MeasuredCheckpoint;
import io.qtrace.job.audit.parents.ParentSearch;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.policy.RunPolicy;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.InvariantRow;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** One audit under way: measure, find parents, compare, judge, write. */
final class AuditSession {
  private final Archive archive;
  private final Policy policy;
  private final AuditReading reading;
  private final ParentSearch parents;
  private final LineageStore lineage;
  private final Function<Archive, String> identity;
  private final Progress progress;
  private final EdgeRules.Found rules;
  private final KnownCheckpoints known;
  private final Map<String, List<InvariantRow>> invariants; // by checkpoint id, known ones first
  private final Map<String, RunPolicy> policies = new HashMap<>(); // by the run's path
  private final Map<List<String>, List<EdgeRow>> stored; // by ends and rules
  private String id;
  private AuditRows rows;
  private AuditRecord record;

  AuditSession(
      Archive archive,
      Policy policy,
      LineageStore lineage,
      AuditReading reading,
      ParentSearch parents,
      Function<Archive, String> identity,
      Progress progress) {
    this.archive = archive;
    this.policy = policy;
    this.reading = reading;
    this.parents = parents;
    this.lineage = lineage;
    this.identity = identity;
    this.progress = progress;
    this.rules = EdgeRules.of(archive);
    this.known = new KnownCheckpoints(lineage, policy.categories(), archive.checkpoints());
    this.invariants = known.invariants();
    identify(archive);
    archive
        .runs()
        .forEach(run -> policies.put(run.path(), policy.forRun(run.path(), run.config())));
    this.stored =
        lineage
            .read(LineageTable.EDGES, EdgeRow.class, col("policy_hash").equalTo(policy.hash()))
            .stream()
            .filter(row -> row.rulesHash() != null) // else of a qtrace that had no overrides
            .collect(Collectors.groupingBy(AuditSession::key));
  }

  AuditReport run(Instant started) throws IOException {
    measure();
    progress.tell("looking for parents");
    List<PlannedEdge> edges = plan();
    compare(edges);
    identify(archive.without(reading.changed()));
    addCheckpoints();
    addEdges(edges);
    progress.tell("writing to " + LineageTable.NAMESPACE);
    record.writeRows();
    AuditReport report =
        AuditReports.of(archive, rules.findings(), policy.waivers(), record, reading);
    record.writeAudit(AuditReports.row(report, policy, started, Instant.now()));
    return report;
  }

  // What changed while it was read is no part of what this audit looked at: nothing of it is
  // written, and the next audit, which has it, is another one.
  private void identify(Archive looked) {
    id = identity.apply(looked);
    rows = new AuditRows(id, policy);
    record = new AuditRecord(lineage, id, progress);
  }

  // New checkpoints, and on the way the edges that their runs claim; where a run claims none, those
  // that it looks like.
  private void measure() throws IOException {
    reading.know(known.facts());
    reading.skip(known.bytes());
    List<CheckpointFile> fresh =
        archive.checkpoints().stream().filter(file -> known.row(file).isEmpty()).toList();
    List<Edge> edges = new ArrayList<>(guesses(fresh));
    rules.edges().stream()
        .filter(edge -> !stored.containsKey(key(edge, EdgeEnds.of(edge))))
        .filter(this::mayBeRead)
        .forEach(edges::add);
    progress.tell(
        "reading %d new checkpoints, comparing %d edges".formatted(fresh.size(), edges.size()));
    reading.run(fresh, edges);
  }

  private List<Edge> guesses(List<CheckpointFile> fresh) throws IOException {
    Set<CheckpointFile> claimed = new HashSet<>();
    rules.edges().forEach(edge -> claimed.add(edge.child()));
    if (fresh.stream().filter(file -> !claimed.contains(file)).count() < 2) { // one is a root
      return List.of();
    }
    Forest forest = parents.run(measured(reading.glance(fresh, policy.categories())), claims());
    return forest.edges().stream()
        .filter(edge -> !claimed.contains(edge.child()))
        .map(edge -> new Edge(edge.parent(), edge.child(), EnumSet.of(Evidence.WEIGHTS)))
        .toList();
  }

  private boolean mayBeRead(Edge edge) {
    return mayBeRead(edge.parent()) && mayBeRead(edge.child());
  }

  private boolean mayBeRead(CheckpointFile file) {
    return known.row(file).map(CheckpointRow::isReadable).orElse(true);
  }

  private List<PlannedEdge> plan() {
    List<MeasuredCheckpoint> measured = measured(reading.facts());
    Forest forest = parents.run(measured, claims());
    return Parentage.of(rules.edges(), forest, new Ancestry(forest, measured));
  }

  private Claims claims() {
    return Claims.of(
        rules.edges().stream().map(edge -> new Claims.Claim(edge.parent(), edge.child())).toList());
  }

  private List<MeasuredCheckpoint> measured(Map<CheckpointFile, Map<String, TensorFacts>> facts) {
    List<MeasuredCheckpoint> measured = new ArrayList<>();
    facts.forEach(
        (file, tensors) ->
            measured.add(
                MeasuredCheckpoint.of(
                    file,
                    tensors.values().stream()
                        .map(tensor -> tensor.row(id, ContentId.of(file.stat()), file.path()))
                        .toList(),
                    stale(file))));
    return measured;
  }

  // Of a checkpoint whose data was not read yet, none are known.
  private Set<String> stale(CheckpointFile file) {
    Set<String> stale = new HashSet<>(reading.stale(file));
    invariants.getOrDefault(ContentId.of(file.stat()), List.of()).stream()
        .filter(row -> row.isChecked() && row.residual() > 0)
        .forEach(row -> stale.add(row.layer()));
    return stale;
  }

  // What no earlier audit said of an edge needs its comparison.
  private void compare(List<PlannedEdge> edges) throws IOException {
    List<Edge> missing =
        edges.stream()
            .filter(edge -> earlier(edge).isEmpty())
            .map(PlannedEdge::edge)
            .filter(edge -> reading.pair(edge).isEmpty() && mayBeRead(edge))
            .toList();
    if (!missing.isEmpty()) {
      progress.tell("comparing %d edges that the weights tell".formatted(missing.size()));
      reading.run(List.of(), missing);
    }
    reading.recompute(
        edges.stream()
            .filter(edge -> edge.isJudged() && earlier(edge).isEmpty())
            .map(PlannedEdge::edge)
            .toList());
  }

  private Optional<EdgeRow> earlier(PlannedEdge edge) {
    return stored.getOrDefault(key(edge.edge(), edge.ends()), List.of()).stream()
        .filter(edge::isSaidBy)
        .findFirst();
  }

  private static List<String> key(EdgeRow row) {
    return List.of(row.parentId(), row.childId(), row.rulesHash());
  }

  private List<String> key(Edge edge, EdgeEnds ends) {
    return List.of(ends.parentId(), ends.childId(), rules(edge).identity(edge.child().path()));
  }

  private RunPolicy rules(Edge edge) {
    return policies.get(edge.child().run());
  }

  private void addCheckpoints() {
    for (CheckpointFile file : archive.checkpoints()) {
      Optional<CheckpointRow> earlier = known.row(file);
      Optional<String> failure = reading.failure(file);
      if (earlier.isPresent()) {
        record.addKnown(earlier.get());
      } else if (reading.changed().contains(file)) {
        record.addLeftOut(rows.unreadable(file, failure.orElseThrow()));
      } else if (failure.isPresent()) {
        record.add(rows.unreadable(file, failure.get()), List.of(), List.of());
      } else {
        CheckpointRow row = rows.readable(file, reading.index(file));
        Map<String, TensorFacts> facts = reading.facts().get(file);
        record.add(
            row,
            facts.values().stream()
                .map(tensor -> tensor.row(id, row.checkpointId(), file.path()))
                .toList(),
            new Invariants(id, row.checkpointId(), file.path()).rows(facts, reading.checks(file)));
      }
    }
  }

  private void addEdges(List<PlannedEdge> edges) {
    invariants.putAll(record.newInvariants());
    for (PlannedEdge edge : edges) {
      Optional<EdgeRow> earlier = earlier(edge);
      if (earlier.isPresent()) {
        record.addKnown(earlier.get());
      } else {
        List<InvariantRow> child = invariants.getOrDefault(edge.ends().childId(), List.of());
        reading.pair(edge.edge()).ifPresent(pair -> addEdge(edge, pair, Invariants.byLayer(child)));
      }
    }
  }

  private void addEdge(PlannedEdge edge, PairComparison pair, Map<String, InvariantRow> child) {
    CheckpointFile file = edge.edge().child();
    RunPolicy runs = rules(edge.edge());
    List<QChange> explained =
        edge.isJudged() ? QChange.of(pair, child, reading.proofs(file)) : List.of();
    Judgement judgement;
    if (edge.isJudged()) {
      EdgeKind kind = edge.told().orElseGet(() -> EdgeKinds.of(file, pair));
      judgement = new EdgeJudge(runs, file.path()).judge(kind, pair, explained).with(edge.notes());
    } else {
      judgement = edge.unjudged(runs);
    }
    record.add(
        rows.edge(edge, pair, judgement),
        rows.changes(edge.ends(), pair),
        rows.quantizedChanges(edge.ends(), explained));
  }
}
