package io.qtrace.job.audit;

import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStatus;
import io.qtrace.compare.Ulps;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.SafeText;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.compare.KeyPartitioner;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.RecomputeStage;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.judge.EdgeCounts;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.EdgeJudge;
import io.qtrace.job.judge.FileNotes;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.judge.QRecord;
import io.qtrace.job.judge.TensorChange;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.CauseCount;
import io.qtrace.job.lineage.EdgeResult;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.operations.Ends;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.QCause;
import io.qtrace.job.operations.QExplanation;
import io.qtrace.job.operations.Side;
import io.qtrace.job.operations.Step;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.FindingList;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.progress.Phase;
import io.qtrace.tensor.CheckpointIndex;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.Tuple4;

/**
 * Judges edges on the executors, where their comparisons are: all edges of a child together. One
 * small record per edge reaches the driver.
 */
final class JudgeStage {
  private static final Logger LOG = LoggerFactory.getLogger(JudgeStage.class);

  private final JavaSparkContext spark;
  private final RecomputeStage recomputing;
  private final Operations operations;
  private final Policy policy;

  JudgeStage(
      JavaSparkContext spark, RecomputeStage recomputing, Operations operations, Policy policy) {
    this.spark = spark;
    this.recomputing = recomputing;
    this.operations = operations;
    this.policy = policy;
  }

  /**
   * The input for judging edges.
   *
   * @param facts of both ends of all edges, by the checkpoint's identifier
   * @param diffs by the child's identifier and its parent's
   * @param indexes of the children whose layers may have to be recomputed
   * @param rules by the path of the run
   * @param contents of the file of each checkpoint, by its identifier
   * @param parts number of parts to divide the work into
   */
  record Input(
      JavaPairRDD<String, Packed<CheckpointFacts>> facts,
      JavaPairRDD<String, Map<String, Packed<Map<String, TensorDiff>>>> diffs,
      Indexes indexes,
      Map<String, RunPolicy> rules,
      Function<String, KnownCheckpoint.Contents> contents,
      int parts) {}

  /**
   * The judged edges.
   *
   * @param results of all edges, on the executors
   * @param edges the same, in the order of the planned edges
   * @param causes number of {@code _Q} with each cause, for each edge
   * @param changed children that were modified while their layers were recomputed, with the reason
   *     to ignore them
   */
  record Output(
      JavaRDD<Packed<EdgeResult>> results,
      List<AuditedEdge> edges,
      Map<EdgeEnds, List<CauseCount>> causes,
      Map<String, String> changed,
      long bytesRead) {
    private static Output of(
        JavaRDD<Packed<EdgeResult>> results,
        Map<Integer, Found> found,
        Map<String, String> changed,
        long bytesRead) {
      Map<EdgeEnds, List<CauseCount>> causes = new HashMap<>();
      found.values().forEach(one -> causes.put(one.edge().ends(), one.causes()));
      return new Output(
          results,
          found.keySet().stream().sorted().map(number -> found.get(number).edge()).toList(),
          causes,
          changed,
          bytesRead);
    }
  }

  /** What the driver needs to know about a judged edge. */
  private record Found(int number, AuditedEdge edge, List<CauseCount> causes)
      implements Serializable {
    static Found of(int number, EdgeResult result) {
      Map<QExplanation, List<QRecord>> byCause = new LinkedHashMap<>();
      for (QRecord one : result.quantized()) {
        byCause.computeIfAbsent(kind(one.explanation()), cause -> new ArrayList<>()).add(one);
      }
      List<CauseCount> causes = new ArrayList<>();
      byCause.forEach(
          (cause, all) ->
              causes.add(
                  new CauseCount(
                      cause.cause().map(QCause::name),
                      cause.proof(),
                      all.size(),
                      all.stream()
                          .flatMap(one -> one.explanation().drift().stream())
                          .max(Double::compare),
                      all.stream()
                          .map(one -> one.explanation().rounded())
                          .reduce(Ulps.NONE, Ulps::merge))));
      return new Found(number, result.edge(), causes);
    }

    private static QExplanation kind(QExplanation one) {
      return new QExplanation(
          one.cause(), UnexplainedElements.NONE, Optional.empty(), one.proof(), Ulps.NONE);
    }
  }

  Output run(List<PlannedEdge> edges, Input input) {
    List<Numbered> numbered = new ArrayList<>();
    for (PlannedEdge edge : edges) {
      numbered.add(
          new Numbered(
              edge, numbered.size(), notCompared(edge.ends(), input), notes(edge.ends(), input)));
    }
    JavaPairRDD<String, Judged> judged =
        judge(numbered, input, JavaPairRDD.fromJavaRDD(spark.emptyRDD()));
    Map<Integer, Found> found = new HashMap<>();
    Set<String> pending = collect(judged, found, "judge");
    if (pending.isEmpty()) {
      return Output.of(judged.flatMap(one -> one._2().results()), found, Map.of(), 0);
    }
    Map<String, Set<String>> parents = new HashMap<>(); // by child
    for (PlannedEdge edge : edges) {
      if (pending.contains(edge.ends().childId())) {
        parents
            .computeIfAbsent(edge.ends().childId(), child -> new HashSet<>())
            .add(edge.ends().parentId());
        edge.others().forEach(other -> parents.get(edge.ends().childId()).add(other.id()));
      }
    }
    RecomputeStage.Output recomputed =
        recomputing.run(wanted(judged, input, parents), files(parents, input.indexes()));
    JavaPairRDD<String, Judged> again =
        judge(
            numbered.stream().filter(one -> pending.contains(one.edge().ends().childId())).toList(),
            input,
            recomputed.layers());
    collect(again, found, "judge recomputed layers");
    return Output.of(
        judged
            .filter(one -> !pending.contains(one._1()))
            .union(again)
            .flatMap(one -> one._2().results()),
        found,
        recomputed.changed(),
        recomputed.bytesRead());
  }

  private static List<String> notes(EdgeEnds ends, Input input) {
    return FileNotes.of(
        input.contents().apply(ends.parentId()).notes(),
        "parent",
        input.contents().apply(ends.childId()).notes(),
        "child");
  }

  private NotCompared notCompared(EdgeEnds ends, Input input) {
    return NotCompared.of(
        input.contents().apply(ends.parentId()).skipped(),
        input.contents().apply(ends.childId()).skipped(),
        policy.categories());
  }

  // For each child and its parents.
  private static Map<String, List<ObjectStat>> files(
      Map<String, Set<String>> parents, Indexes indexes) {
    Map<String, List<ObjectStat>> files = new HashMap<>();
    parents.forEach(
        (child, some) -> {
          Set<String> ends = new TreeSet<>(some);
          ends.add(child);
          List<ObjectStat> all = new ArrayList<>();
          indexes.files(ends).values().forEach(all::addAll);
          files.put(child, all);
        });
    return files;
  }

  // Fills in the edges by their numbers; returns the children of which layers must be recomputed.
  private Set<String> collect(
      JavaPairRDD<String, Judged> judged, Map<Integer, Found> found, String what) {
    Set<String> pending = new HashSet<>();
    try (Phase phase = Phase.begin(spark.sc(), "judge", what)) {
      judged
          .mapValues(Judged::summary)
          .collect()
          .forEach(
              one -> {
                one._2().edges().value().forEach(edge -> found.put(edge.number(), edge));
                if (one._2().pending()) {
                  pending.add(one._1());
                }
              });
    }
    return pending;
  }

  private record Summary(Packed<List<Found>> edges, boolean pending) implements Serializable {}

  private JavaPairRDD<String, Judged> judge(
      List<Numbered> edges,
      Input input,
      JavaPairRDD<String, Packed<Map<String, Recomputed>>> recomputed) {
    Map<String, List<Numbered>> byChild = new HashMap<>();
    Map<String, Set<String>> receivers = new HashMap<>(); // children that need a checkpoint's facts
    for (Numbered numbered : edges) {
      EdgeEnds ends = numbered.edge().ends();
      byChild.computeIfAbsent(ends.childId(), child -> new ArrayList<>()).add(numbered);
      List<String> needed = new ArrayList<>(List.of(ends.parentId(), ends.childId()));
      numbered.edge().others().forEach(other -> needed.add(other.id()));
      for (String end : needed) {
        receivers.computeIfAbsent(end, id -> new HashSet<>()).add(ends.childId());
      }
    }
    List<Tuple2<String, Packed<List<Numbered>>>> planned = new ArrayList<>();
    byChild.forEach((child, some) -> planned.add(new Tuple2<>(child, Packed.of(some))));
    Broadcast<Map<String, Set<String>>> receiversOf = spark.broadcast(receivers);
    JudgeTask task = new JudgeTask(operations, policy, input.rules());
    return spark
        .parallelizePairs(planned, 1)
        .cogroup(
            input.facts().flatMapToPair(facts -> sent(facts, receiversOf.value())),
            input.diffs(),
            recomputed,
            new KeyPartitioner(input.parts()))
        .filter(child -> child._2()._1().iterator().hasNext())
        .mapToPair(child -> new Tuple2<>(child._1(), task.run(child._1(), child._2())))
        .persist(StorageLevel.DISK_ONLY());
  }

  // A checkpoint's facts go to itself, where it is a child, and to its children.
  private static Iterator<Tuple2<String, Tuple2<String, Packed<CheckpointFacts>>>> sent(
      Tuple2<String, Packed<CheckpointFacts>> facts, Map<String, Set<String>> receivers) {
    return receivers.getOrDefault(facts._1(), Set.of()).stream()
        .map(child -> new Tuple2<>(child, facts))
        .iterator();
  }

  // The index of a checkpoint goes to the children of which layers must be recomputed from it.
  private JavaPairRDD<String, Packed<Map<String, Recomputation>>> wanted(
      JavaPairRDD<String, Judged> judged, Input input, Map<String, Set<String>> pending) {
    Operations known = operations;
    Map<String, Set<String>> receivers = new HashMap<>();
    pending.forEach(
        (child, parents) -> {
          receivers.computeIfAbsent(child, id -> new HashSet<>()).add(child);
          parents.forEach(
              parent -> receivers.computeIfAbsent(parent, id -> new HashSet<>()).add(child));
        });
    Broadcast<Map<String, Set<String>>> receiversOf = spark.broadcast(receivers);
    JavaPairRDD<String, Iterable<Tuple2<String, Packed<CheckpointIndex>>>> indexes =
        input
            .indexes()
            .readable()
            .flatMapToPair(
                index ->
                    receiversOf.value().getOrDefault(index._1(), Set.of()).stream()
                        .map(child -> new Tuple2<>(child, index))
                        .iterator())
            .groupByKey(new KeyPartitioner(input.parts()));
    return judged
        .filter(one -> receiversOf.value().containsKey(one._1()))
        .join(indexes)
        .filter(one -> !one._2()._1().moved().isEmpty())
        .mapToPair(
            child ->
                new Tuple2<>(
                    child._1(),
                    Packed.of(child._2()._1().recomputations(known, child._1(), child._2()._2()))));
  }

  /** A planned edge and its position among all. */
  private record Numbered(PlannedEdge edge, int number, NotCompared skipped, List<String> fileNotes)
      implements Serializable {}

  /**
   * The judged edges of one child.
   *
   * @param moved comparisons of the edges whose layers must be recomputed to be sure
   */
  private record Judged(Summary summary, List<Packed<EdgeResult>> all, List<Packed<Moved>> moved)
      implements Serializable {
    Iterator<Packed<EdgeResult>> results() {
      return all.iterator();
    }

    Map<String, Recomputation> recomputations(
        Operations operations,
        String childId,
        Iterable<Tuple2<String, Packed<CheckpointIndex>>> indexes) {
      Map<String, CheckpointIndex> byId = new HashMap<>();
      indexes.forEach(index -> byId.put(index._1(), index._2().value()));
      Map<String, Recomputation> wanted = new HashMap<>();
      for (Packed<Moved> packed : moved) {
        Moved one = packed.value();
        String parentId = one.edge().ends().parentId();
        List<CheckpointIndex> others =
            one.edge().others().stream().map(other -> byId.get(other.id())).toList();
        operations
            .recomputations(one.step(), Ends.of(byId.get(parentId), byId.get(childId), others))
            .forEach((key, recomputation) -> wanted.put(key(parentId, key), recomputation));
      }
      return wanted;
    }
  }

  private static List<Step.Other> named(PlannedEdge edge, List<CheckpointFacts> others) {
    return IntStream.range(0, others.size())
        .mapToObj(i -> new Step.Other(edge.others().get(i).path(), new Side(others.get(i))))
        .toList();
  }

  // Recomputations of all edges of a child are kept together.
  private static String key(String parentId, String key) {
    return parentId + " " + key;
  }

  /** A step for which an operation needs more than the comparison. */
  private record Moved(
      PlannedEdge edge,
      CheckpointFacts parent,
      CheckpointFacts child,
      Map<String, TensorDiff> diffs,
      List<CheckpointFacts> others,
      Optional<Double> lutMaxAbs)
      implements Serializable {
    Step step() {
      return new Step(
              new Side(parent, lutMaxAbs),
              new Side(child, lutMaxAbs),
              PairComparison.measured(parent, child, diffs),
              Map.of())
          .with(named(edge, others));
    }
  }

  /** Judges the edges of a child on an executor. */
  private record JudgeTask(Operations operations, Policy policy, Map<String, RunPolicy> rules)
      implements Serializable {
    Judged run(
        String childId,
        Tuple4<
                Iterable<Packed<List<Numbered>>>,
                Iterable<Tuple2<String, Packed<CheckpointFacts>>>,
                Iterable<Map<String, Packed<Map<String, TensorDiff>>>>,
                Iterable<Packed<Map<String, Recomputed>>>>
            found) {
      Map<String, Packed<Map<String, TensorDiff>>> diffs = new HashMap<>();
      found._3().forEach(diffs::putAll);
      Optional<Map<String, Recomputed>> recomputed = Optional.empty();
      for (Packed<Map<String, Recomputed>> layers : found._4()) {
        recomputed = Optional.of(layers.value());
      }
      Map<String, CheckpointFacts> facts = new HashMap<>();
      found._2().forEach(end -> facts.put(end._1(), end._2().value()));
      return run(found._1().iterator().next().value(), childId, facts, diffs, recomputed);
    }

    private Judged run(
        List<Numbered> edges,
        String childId,
        Map<String, CheckpointFacts> facts,
        Map<String, Packed<Map<String, TensorDiff>>> diffs,
        Optional<Map<String, Recomputed>> recomputed) {
      Optional<Double> lutMaxAbs = rules.get(edges.get(0).edge().run()).lutMaxAbs();
      Side child = new Side(facts.get(childId), lutMaxAbs);
      List<Found> found = new ArrayList<>();
      List<Packed<EdgeResult>> results = new ArrayList<>();
      List<Packed<Moved>> moved = new ArrayList<>();
      for (Numbered numbered : edges) {
        PlannedEdge edge = numbered.edge();
        CheckpointFacts parent = facts.get(edge.ends().parentId());
        Map<String, TensorDiff> differing =
            Optional.ofNullable(diffs.get(edge.ends().parentId()))
                .map(Packed::value)
                .orElse(Map.of());
        Step alone =
            new Step(
                new Side(parent, lutMaxAbs),
                child,
                PairComparison.measured(parent, child.facts(), differing),
                recomputed.map(all -> of(all, edge.ends().parentId())).orElse(Map.of()));
        List<CheckpointFacts> others =
            edge.others().stream().map(other -> facts.get(other.id())).toList();
        Step step = alone.with(named(edge, others));
        EdgeResult result = result(numbered, step);
        found.add(Found.of(numbered.number(), result));
        results.add(Packed.of(result));
        if (recomputed.isEmpty()
            && edge.isJudged()
            && !operations.recomputations(step, Ends.NONE).isEmpty()) {
          moved.add(
              Packed.of(new Moved(edge, parent, child.facts(), differing, others, lutMaxAbs)));
        }
      }
      return new Judged(new Summary(Packed.of(found), !moved.isEmpty()), results, moved);
    }

    private static Map<String, Recomputed> of(Map<String, Recomputed> all, String parentId) {
      String prefix = key(parentId, "");
      Map<String, Recomputed> some = new HashMap<>();
      all.forEach(
          (key, one) -> {
            if (key.startsWith(prefix)) {
              some.put(key.substring(prefix.length()), one);
            }
          });
      return some;
    }

    private EdgeResult result(Numbered numbered, Step step) {
      PlannedEdge edge = numbered.edge();
      RunPolicy run = rules.get(edge.run());
      EdgeResult result = edge.isJudged() ? judged(numbered, step, run) : unjudged(edge, step, run);
      log(result.edge());
      return result;
    }

    private static void log(AuditedEdge edge) {
      LOG.info(
          "edge {} to {}: {}, {}, because of {}; findings {}",
          SafeText.of(edge.ends().parentPath()),
          SafeText.of(edge.ends().childPath()),
          edge.kind().label(),
          edge.verdict(),
          SafeText.of(String.join(", ", edge.evidence())),
          edge.findings().stream().map(Finding::rule).toList());
    }

    private EdgeResult judged(Numbered numbered, Step step, RunPolicy run) {
      PlannedEdge edge = numbered.edge();
      Judgement judgement =
          new EdgeJudge(operations)
              .judge(step, numbered.skipped(), run, edge.child(), Optional.empty());
      FindingList grafts = edge.graftFindings(run.waivers(edge.ends().childPath()));
      List<Finding> findings = new ArrayList<>(judgement.findings());
      findings.addAll(grafts.findings());
      List<String> notes = new ArrayList<>(judgement.notes());
      notes.addAll(grafts.notes());
      notes.addAll(numbered.fileNotes());
      notes.addAll(edge.notes());
      return new EdgeResult(
          new AuditedEdge(
              edge.ends(),
              edge.part(),
              judgement.kind(),
              edge.evidence(),
              grafts.verdict() == Verdict.CLEAN ? judgement.verdict() : grafts.verdict(),
              EdgeCounts.of(step.pair(), judgement.trainableLuts()),
              judgement.trained(),
              findings,
              notes,
              rules(judgement.rulesHash()),
              edge.weights()),
          changes(step),
          judgement.changes().stream().map(QRecord::of).toList());
    }

    private EdgeResult unjudged(PlannedEdge edge, Step step, RunPolicy run) {
      FindingList findings = new FindingList(run.waivers(edge.ends().childPath()));
      edge.addFindings(findings);
      List<String> notes = new ArrayList<>(edge.notes());
      notes.addAll(findings.notes());
      return new EdgeResult(
          new AuditedEdge(
              edge.ends(),
              edge.part(),
              edge.unjudgedKind(),
              edge.evidence(),
              findings.verdict(),
              EdgeCounts.of(step.pair(), List.of()),
              List.of(),
              findings.findings(),
              notes,
              rules(run.identity(edge.ends().childPath())),
              edge.weights()),
          changes(step),
          List.of());
    }

    private AuditedEdge.Rules rules(String rulesHash) {
      return new AuditedEdge.Rules(policy.version(), policy.hash(), rulesHash);
    }

    private static List<TensorChange> changes(Step step) {
      return step.pair().byName().values().stream()
          .filter(tensor -> tensor.status() != TensorStatus.IDENTICAL)
          .map(TensorChange::of)
          .toList();
    }
  }
}
