package io.qtrace.job.audit;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Run;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.parents.Ancestry;
import io.qtrace.job.parents.DeclaredParents;
import io.qtrace.job.parents.Evaluation;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.MeasuredCheckpoint;
import io.qtrace.job.parents.ParentSearch;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;

/** One audit under way: measure, find parents, compare, judge, write. */
final class AuditSession {
  private final Archive archive;
  private final Settings settings;
  private final Policy policy;
  private final LineageStore lineage;
  private final Progress progress;
  private final AuditReading reading;
  private final Set<EdgeKind> provedByData;
  private final JudgeStage judging;
  private final RootStage judgingRoots;
  private final EdgeRules.Found declared;
  private final Map<String, RunPolicy> rules = new HashMap<>(); // by the run's path
  private final Map<EdgeEnds, List<RecordedEdge>> stored;

  AuditSession(
      JavaSparkContext spark,
      Archive archive,
      Settings settings,
      Policy policy,
      Operations operations,
      LineageStore lineage,
      Progress progress) {
    this.archive = archive;
    this.settings = settings;
    this.policy = policy;
    this.lineage = lineage;
    this.progress = progress;
    this.reading =
        new AuditReading(spark, archive, settings, policy, operations, lineage, progress);
    this.provedByData = operations.provedByData();
    this.judging = new JudgeStage(spark, reading.recomputing(), operations, policy);
    this.judgingRoots = new RootStage(spark);
    this.declared = EdgeRules.of(archive);
    for (Run run : archive.runs()) {
      rules.put(run.path(), policy.forRun(run.path(), run.config()));
    }
    this.stored =
        lineage.edges(policy.hash()).stream()
            .filter(edge -> edge.edge().weights() != null) // older versions did not store it
            .collect(Collectors.groupingBy(edge -> edge.edge().ends()));
  }

  AuditReport run(Instant started) throws IOException {
    progress.report("reading " + Amount.of(reading.fresh().size(), "new checkpoint"));
    reading.index();
    List<Edge> expected = new ArrayList<>(guesses());
    declared.edges().stream().filter(edge -> !isStored(edge)).forEach(expected::add);
    progress.report("comparing " + Amount.of(expected.size(), "edge"));
    reading.measure(expected);
    progress.report("searching for parents");
    Plan plan = plan();
    List<PlannedEdge> edges = plan.edges();
    List<PlannedEdge> missing = missing(edges);
    reading.compare(missing);
    JudgeStage.Output judged = judge(missing);
    judged.changed().forEach(reading::exclude);
    PickleFindings pickles = new PickleFindings(reading.globals());
    List<Finding> checkpoints = new ArrayList<>(roots(plan));
    pickles.findings().stream().map(policy.waivers()::apply).forEach(checkpoints::add);
    AuditOutcome outcome = outcome(edges, judged, checkpoints);
    progress.report("writing the tables");
    return new AuditWriter(lineage, reading, policy, progress)
        .write(outcome, archive, findings(), pickles.unknownNote().stream().toList(), started);
  }

  // Findings beyond single checkpoints and edges.
  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(declared.findings());
    archive.skipped().stream()
        .filter(Archive.SkippedFolder::outside)
        .map(
            link ->
                new Finding(
                    "link-outside",
                    0,
                    link.path(),
                    "Left out %s: %s (archive.links-outside of the settings lets audits follow it)"
                        .formatted(SafeText.of(link.path()), link.reason())))
        .forEach(findings::add);
    return findings;
  }

  private boolean isStored(Edge edge) {
    return stored.containsKey(edge.ends());
  }

  // Edges that checkpoints without a declared parent look like, to compare them while their data is
  // read.
  private List<Edge> guesses() {
    Set<CheckpointFile> claimed = new HashSet<>();
    declared.edges().forEach(edge -> claimed.add(edge.child()));
    List<CheckpointFile> fresh = reading.fresh();
    // A single one is a root.
    if (fresh.stream().filter(file -> !claimed.contains(file)).count() < 2) {
      return List.of();
    }
    Forest guessed = reading.preview(claims());
    return Stream.concat(guessed.edges().stream(), guessed.donors().stream())
        .filter(edge -> !claimed.contains(edge.child()))
        .map(edge -> new Edge(edge.parent(), edge.child(), EnumSet.of(Evidence.WEIGHTS)))
        .toList();
  }

  private DeclaredParents claims() {
    return DeclaredParents.of(declared.edges().stream().map(Edge::claim).toList());
  }

  /** The edges to report, and the checkpoints with tensors that no edge explains. */
  private record Plan(List<PlannedEdge> edges, GraftedCheckpoints grafted) {}

  private Plan plan() {
    List<MeasuredCheckpoint> measured = reading.measured();
    Evaluation evaluation = reading.evaluation();
    ProvedForest search = new ProvedForest(provedByData, explained(), reading);
    Forest forest = search.of(measured, claims(), new ParentSearch(evaluation));
    List<PlannedEdge> edges =
        Parentage.of(declared, forest, new Ancestry(forest, measured, evaluation, search.proved()));
    GraftedCheckpoints grafted = GraftedCheckpoints.of(edges, measured, forest, evaluation);
    return new Plan(grafted.on(edges), grafted);
  }

  // Edges that an earlier audit found to be explained.
  private Set<EdgeEnds> explained() {
    return stored.entrySet().stream()
        .filter(entry -> entry.getValue().stream().anyMatch(known -> known.edge().isExplained()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  // Edges that no earlier audit judged and whose ends can be read.
  private List<PlannedEdge> missing(List<PlannedEdge> edges) {
    return edges.stream()
        .filter(edge -> earlier(edge).isEmpty())
        .filter(edge -> reading.isReadable(edge.ends()))
        .toList();
  }

  private Optional<RecordedEdge> earlier(PlannedEdge edge) {
    return stored.getOrDefault(edge.ends(), List.of()).stream()
        .filter(known -> edge.isAnsweredBy(known.edge(), rules.get(edge.run())))
        .findFirst();
  }

  private JudgeStage.Output judge(List<PlannedEdge> missing) {
    List<PlannedEdge> comparable =
        missing.stream().filter(edge -> reading.isReadable(edge.ends())).toList();
    return judging.run(comparable, reading.judgeInput(comparable, rules));
  }

  // Findings about checkpoints without a parent.
  private List<Finding> roots(Plan plan) {
    Set<String> children = new HashSet<>();
    Set<String> parents = new HashSet<>();
    for (PlannedEdge edge : plan.edges()) {
      if (edge.status() != PlannedEdge.Status.REJECTED && reading.isReadable(edge.ends())) {
        children.add(edge.ends().childId());
        parents.add(edge.ends().parentId());
      }
    }
    Map<String, RootStage.Root> roots = new HashMap<>();
    for (MeasuredCheckpoint one : reading.measured()) {
      CheckpointFile file = one.file();
      if (!children.contains(file.id())) {
        // The edges to its children report its content that cannot be compared.
        NotCompared skipped =
            parents.contains(file.id()) ? NotCompared.NOTHING : reading.notCompared(file);
        roots.put(
            file.id(),
            new RootStage.Root(file.path(), skipped, rules.get(file.run()).waivers(file.path())));
      }
    }
    List<Finding> findings =
        new ArrayList<>(judgingRoots.run(roots, reading.factsOf(roots.keySet())));
    roots.forEach(
        (id, root) -> findings.addAll(plan.grafted().findings(id, root.path(), root.waivers())));
    return findings;
  }

  // The edges in their order: those of earlier audits, and those that were judged here.
  private AuditOutcome outcome(
      List<PlannedEdge> edges, JudgeStage.Output judged, List<Finding> roots) {
    String id = AuditId.of(archive.without(reading.changed()), policy, settings);
    Map<EdgeEnds, AuditedEdge> fresh = new HashMap<>();
    judged.edges().stream()
        .filter(edge -> reading.isReadable(edge.ends()))
        .forEach(edge -> fresh.put(edge.ends(), edge));
    List<RecordedEdge> all = new ArrayList<>();
    for (PlannedEdge edge : edges) {
      earlier(edge)
          .or(
              () ->
                  Optional.ofNullable(fresh.get(edge.ends()))
                      .map(found -> new RecordedEdge(id, found)))
          .ifPresent(all::add);
    }
    Set<EdgeEnds> counted = Set.copyOf(fresh.keySet());
    return new AuditOutcome(
        id,
        all,
        roots,
        judged.causes(),
        judged.results().filter(one -> counted.contains(one.value().edge().ends())),
        judged.bytesRead());
  }
}
