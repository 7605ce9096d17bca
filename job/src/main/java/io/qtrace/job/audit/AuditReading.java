package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorDiff;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.Archive;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.CompareMetrics;
import io.qtrace.job.compare.CompareRequest;
import io.qtrace.job.compare.CompareStage;
import io.qtrace.job.compare.FileChanges;
import io.qtrace.job.compare.IndexStage;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.compare.IndexedCheckpoint;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.RecomputeStage;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.operations.Adapter;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Side;
import io.qtrace.job.parents.DeclaredParents;
import io.qtrace.job.parents.Evaluation;
import io.qtrace.job.parents.EvaluationStage;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.MeasuredCheckpoint;
import io.qtrace.job.parents.Sketch;
import io.qtrace.job.parents.Verification;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.progress.Progress;
import io.qtrace.tensor.PickledGlobal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;

/**
 * Everything an audit reads: each new checkpoint once, and for edges the tensors that differ. Facts
 * about tensors stay on the executors; this is what the driver knows about checkpoints.
 */
final class AuditReading {
  static final Set<Measure> MEASURES =
      EnumSet.of(Measure.FINGERPRINT, Measure.STATS, Measure.VALUES, Measure.NORM, Measure.COUNTS);

  private final JavaSparkContext spark;
  private final Policy policy;
  private final LineageStore lineage;
  private final IndexStage indexing;
  private final CompareStage comparing;
  private final RecomputeStage recomputing;
  private final Classifier classifier;
  private final Map<String, CheckpointFile> files = new LinkedHashMap<>(); // by id
  private final Map<String, KnownCheckpoint> known;
  private final Map<String, String> failures = new HashMap<>(); // by id
  private final Set<CheckpointFile> changed = new TreeSet<>(); // included in the failures
  private final Map<String, List<PickledGlobal>> globals = new HashMap<>(); // by id
  private final Map<String, Sketch> sketches = new HashMap<>(); // by id
  private final Set<CompareRequest.Pair> compared = new HashSet<>();
  private Indexes indexes;
  private JavaPairRDD<String, Packed<CheckpointFacts>> facts; // of new checkpoints
  private JavaPairRDD<String, Packed<CheckpointFacts>> earlierFacts; // of known ones
  private final Set<String> earlier = new HashSet<>(); // those known ones
  private JavaPairRDD<String, Map<String, Packed<Map<String, TensorDiff>>>>
      diffs; // by child, by parent
  private StoredEvaluation evaluation;
  private long bytesRead;
  private long bytesSkipped;
  private long tensorsCompared;

  AuditReading(
      JavaSparkContext spark,
      Archive archive,
      Settings settings,
      Policy policy,
      Operations operations,
      LineageStore lineage,
      Progress progress) {
    this.spark = spark;
    this.policy = policy;
    this.lineage = lineage;
    this.indexing = new IndexStage(spark, progress);
    this.comparing = new CompareStage(spark, settings.compare(), policy.categories(), progress);
    this.recomputing = new RecomputeStage(spark, settings.compare());
    this.classifier = new Classifier(operations);
    archive.checkpoints().forEach(file -> files.put(file.id(), file));
    this.known = lineage.checkpoints(files.keySet());
    this.facts = JavaPairRDD.fromJavaRDD(spark.emptyRDD());
    this.earlierFacts = JavaPairRDD.fromJavaRDD(spark.emptyRDD());
    this.diffs = JavaPairRDD.fromJavaRDD(spark.emptyRDD());
  }

  RecomputeStage recomputing() {
    return recomputing;
  }

  /** Checkpoints that no earlier audit read. */
  List<CheckpointFile> fresh() {
    return files.entrySet().stream()
        .filter(file -> !known.containsKey(file.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Indexes the new checkpoints. */
  void index() {
    indexes = index(fresh());
    bytesSkipped =
        CompareMetrics.skip(
            spark.sc(),
            files.keySet().stream()
                .filter(known::containsKey)
                .map(id -> known.get(id).file().stat().bytes())
                .toList());
  }

  private Indexes index(List<CheckpointFile> some) {
    Map<String, String> uris = new LinkedHashMap<>();
    some.forEach(file -> uris.put(file.id(), file.stat().uri()));
    Indexes found = indexing.run(uris);
    bytesRead += found.bytesRead();
    for (CheckpointFile file : some) {
      IndexedCheckpoint outcome = found.outcomes().get(file.id());
      if (outcome instanceof IndexedCheckpoint.Readable readable) {
        globals.put(file.id(), readable.globals());
        if (!isAsListed(file, readable.files())) {
          exclude(file.id(), FileChanges.reason(file.stat().uri()));
        }
      } else if (outcome instanceof IndexedCheckpoint.Unreadable failed) {
        globals.put(file.id(), failed.globals());
        failures.put(file.id(), failed.reason());
      } else if (outcome instanceof IndexedCheckpoint.Unavailable failed) {
        exclude(file.id(), failed.reason());
      }
    }
    return found;
  }

  // The stat of an index of shards covers all shards of its folder.
  private static boolean isAsListed(CheckpointFile file, List<ObjectStat> opened) {
    return opened.size() == 1
        ? opened.get(0).sameContent(file.stat())
        : opened.stream().allMatch(part -> part.modified() <= file.stat().modified());
  }

  /** Leaves out a checkpoint that was modified while it was read: nothing about it is stored. */
  void exclude(String id, String reason) {
    failures.put(id, reason);
    changed.add(files.get(id));
  }

  /** The parents that can be inferred before the data of the new checkpoints is read. */
  Forest preview(DeclaredParents claims) {
    ParentPreview preview =
        new ParentPreview(
            spark, comparing, classifier, policy.categories(), indexes, readableFresh());
    Forest forest = preview.search(claims);
    bytesRead += preview.bytesRead();
    return forest;
  }

  private List<CheckpointFile> readableFresh() {
    return fresh().stream().filter(file -> !failures.containsKey(file.id())).toList();
  }

  /** Measures the new checkpoints, and compares edges between them on the way. */
  void measure(Collection<Edge> edges) {
    List<CheckpointFile> readable = readableFresh();
    Set<String> ids = readable.stream().map(CheckpointFile::id).collect(Collectors.toSet());
    List<CompareRequest.Pair> pairs =
        edges.stream()
            .map(edge -> new CompareRequest.Pair(edge.parent().id(), edge.child().id()))
            .filter(pair -> ids.contains(pair.left()) && ids.contains(pair.right()))
            .distinct()
            .toList();
    CompareRequest request = new CompareRequest(inOrder(ids), ids, pairs, MEASURES);
    CompareStage.Output<Sketch> output =
        comparing.run(request, indexes, JavaPairRDD.fromJavaRDD(spark.emptyRDD()), Sketch::of);
    sketches.putAll(output.summaries());
    facts =
        output
            .measured()
            .mapValues(one -> one.value().facts())
            .filter(one -> one._2().isPresent())
            .mapValues(Optional::orElseThrow);
    take(output, pairs);
  }

  // Runs together, steps in their order: a checkpoint is read near its parent.
  private List<String> inOrder(Collection<String> ids) {
    return ids.stream()
        .map(files::get)
        .sorted(
            Comparator.comparing((CheckpointFile file) -> file.run())
                .thenComparing(file -> file.step())
                .thenComparing(Comparator.naturalOrder()))
        .map(CheckpointFile::id)
        .toList();
  }

  private void take(CompareStage.Output<?> output, Collection<CompareRequest.Pair> pairs) {
    bytesRead += output.bytesRead();
    tensorsCompared += output.tensorsCompared();
    output
        .failures()
        .forEach(
            (id, failure) -> {
              if (failure.retried()) {
                exclude(id, failure.reason());
              } else {
                failures.put(id, failure.reason());
              }
            });
    compared.addAll(pairs);
    JavaPairRDD<String, Map<String, Packed<Map<String, TensorDiff>>>> found =
        output.measured().mapValues(one -> one.value().diffs()).filter(one -> !one._2().isEmpty());
    diffs = diffs.union(found);
  }

  /**
   * Compares the edges that were not compared while their ends were measured: reads only the
   * tensors that differ.
   */
  void compare(List<PlannedEdge> edges) {
    List<CompareRequest.Pair> pairs =
        edges.stream()
            .map(edge -> new CompareRequest.Pair(edge.ends().parentId(), edge.ends().childId()))
            .filter(pair -> !compared.contains(pair))
            .toList();
    Set<String> ends = new LinkedHashSet<>();
    pairs.forEach(pair -> ends.addAll(List.of(pair.left(), pair.right())));
    Set<String> read = new LinkedHashSet<>(ends);
    edges.forEach(edge -> edge.others().forEach(other -> read.add(other.id())));
    List<CheckpointFile> unindexed =
        read.stream().filter(id -> indexes.readable(id).isEmpty()).map(files::get).toList();
    indexes = indexes.and(index(unindexed));
    if (pairs.isEmpty()) {
      return;
    }
    List<CompareRequest.Pair> readable =
        pairs.stream().filter(pair -> isRead(pair.left()) && isRead(pair.right())).toList();
    ends.removeIf(id -> !isRead(id));
    take(
        comparing.run(
            new CompareRequest(inOrder(ends), Set.of(), readable, MEASURES),
            indexes,
            factsOf(ends),
            found -> Boolean.TRUE),
        readable);
  }

  /** What the data shows about steps that the facts allow. */
  Map<ProofStage.Pair, Verification> verify(Collection<ProofStage.Pair> pairs) {
    Set<String> ends = new LinkedHashSet<>();
    pairs.forEach(pair -> ends.addAll(pair.ends()));
    List<CheckpointFile> unindexed =
        ends.stream().filter(id -> indexes.readable(id).isEmpty()).map(files::get).toList();
    indexes = indexes.and(index(unindexed));
    List<ProofStage.Pair> readable =
        pairs.stream().filter(pair -> pair.ends().stream().allMatch(this::isRead)).toList();
    return readable.isEmpty()
        ? Map.of()
        : new ProofStage(spark, recomputing, classifier).verify(readable, factsOf(ends), indexes);
  }

  /** The checkpoints, out of some, that are adapters alone, as their facts show. */
  Set<String> adapters(Set<String> ids) {
    return Set.copyOf(
        factsOf(ids).filter(one -> Adapter.isAlone(new Side(one._2().value()))).keys().collect());
  }

  private boolean isRead(String id) {
    return indexes.readable(id).isPresent() && !failures.containsKey(id);
  }

  /** Whether both ends of an edge can be read. */
  boolean isReadable(EdgeEnds ends) {
    return isReadable(ends.parentId()) && isReadable(ends.childId());
  }

  private boolean isReadable(String id) {
    return !failures.containsKey(id)
        && Optional.ofNullable(known.get(id)).map(KnownCheckpoint::isReadable).orElse(true);
  }

  // Facts of checkpoints, new ones and those of earlier audits, which are read from the tables
  // once.
  JavaPairRDD<String, Packed<CheckpointFacts>> factsOf(Set<String> ids) {
    Set<String> unread =
        ids.stream()
            .filter(id -> known.containsKey(id) && !earlier.contains(id))
            .collect(Collectors.toSet());
    if (!unread.isEmpty()) {
      earlier.addAll(unread);
      earlierFacts =
          earlierFacts.union(
              lineage.facts(unread, policy.categories()).persist(StorageLevel.DISK_ONLY()));
    }
    Set<String> wanted = Set.copyOf(ids);
    return facts.union(earlierFacts).filter(one -> wanted.contains(one._1()));
  }

  /** All readable checkpoints, with the sketches by which their parents are searched. */
  List<MeasuredCheckpoint> measured() {
    addKnownSketches();
    return files.entrySet().stream()
        .filter(file -> isReadable(file.getKey()) && sketches.containsKey(file.getKey()))
        .map(file -> new MeasuredCheckpoint(file.getValue(), sketches.get(file.getKey())))
        .toList();
  }

  // Earlier versions did not store sketches.
  private void addKnownSketches() {
    Set<String> missing = new HashSet<>();
    for (KnownCheckpoint checkpoint : known.values()) {
      if (checkpoint.isReadable()) {
        Optional<Sketch> sketch = checkpoint.contents().orElseThrow().sketch();
        sketch.ifPresentOrElse(
            found -> sketches.put(checkpoint.id(), found), () -> missing.add(checkpoint.id()));
      }
    }
    if (!missing.isEmpty()) {
      factsOf(missing)
          .mapValues(one -> Sketch.of(one.value()))
          .collect()
          .forEach(found -> sketches.put(found._1(), found._2()));
    }
  }

  /** Evaluates candidates for parents, from the tables where an earlier audit did. */
  Evaluation evaluation() {
    evaluation =
        new StoredEvaluation(
            lineage,
            files.keySet(),
            policy.categories(),
            new EvaluationStage(
                spark, this::factsOf, id -> sketches.get(id).tensors(), classifier));
    return evaluation;
  }

  StoredEvaluation stored() {
    return evaluation;
  }

  /** The input for judging edges. */
  JudgeStage.Input judgeInput(List<PlannedEdge> edges, Map<String, RunPolicy> rules) {
    Set<String> ends = new HashSet<>();
    for (PlannedEdge edge : edges) {
      ends.addAll(List.of(edge.ends().parentId(), edge.ends().childId()));
      edge.others().forEach(other -> ends.add(other.id()));
    }
    long tensors = edges.stream().mapToLong(edge -> 2L * tensors(edge.ends().childId())).sum();
    return new JudgeStage.Input(
        factsOf(ends),
        diffs,
        indexes,
        rules,
        this::contents,
        CompareStage.parts(spark, edges.size(), tensors));
  }

  // For a checkpoint that was read, now or by an earlier audit.
  private KnownCheckpoint.Contents contents(String id) {
    return fresh(id).or(() -> known.get(id).contents()).orElseThrow();
  }

  private Optional<KnownCheckpoint.Contents> fresh(String id) {
    return indexes
        .readable(id)
        .map(
            found ->
                new KnownCheckpoint.Contents(
                    found.format(),
                    found.tensors(),
                    found.skipped(),
                    found.notes(),
                    Optional.ofNullable(sketches.get(id))));
  }

  /** The content of a checkpoint that cannot be compared. */
  NotCompared notCompared(CheckpointFile file) {
    return NotCompared.of(List.of(), contents(file.id()).skipped(), policy.categories());
  }

  private int tensors(String id) {
    return sketches.get(id).tensors();
  }

  /** The names in the pickles of new checkpoints that are stored, by identifier. */
  Map<String, List<PickledGlobal>> freshGlobals() {
    return fresh().stream()
        .filter(file -> !changed.contains(file) && globals.containsKey(file.id()))
        .collect(Collectors.toMap(CheckpointFile::id, file -> globals.get(file.id())));
  }

  /**
   * The names in the pickles of readable checkpoints, by the checkpoint's path; for those of
   * earlier audits, only names not known to be safe.
   */
  Map<String, List<PickledGlobal>> globals() {
    Map<String, List<PickledGlobal>> all = new HashMap<>(lineage.globals(known.keySet()));
    all.putAll(globals);
    return all.entrySet().stream()
        .filter(one -> isReadable(one.getKey()))
        .collect(Collectors.toMap(one -> files.get(one.getKey()).path(), Map.Entry::getValue));
  }

  /** The failed files that changed since they were listed, or could not be opened. */
  Set<CheckpointFile> changed() {
    return changed;
  }

  /**
   * All checkpoints as the tables have them or will have them; new ones under the ID of this audit.
   */
  List<KnownCheckpoint> checkpoints(String auditId) {
    List<KnownCheckpoint> all = new ArrayList<>();
    files.forEach(
        (id, file) ->
            all.add(
                known.containsKey(id) && !changed.contains(file)
                    ? known.get(id)
                    : checkpoint(auditId, id, file)));
    return all;
  }

  private KnownCheckpoint checkpoint(String auditId, String id, CheckpointFile file) {
    Optional<String> failure = Optional.ofNullable(failures.get(id));
    return new KnownCheckpoint(
        auditId, id, file, failure.isPresent() ? Optional.empty() : fresh(id), failure);
  }

  /** Facts of the new checkpoints that are stored, by identifier. */
  JavaPairRDD<String, Packed<CheckpointFacts>> freshFacts() {
    Set<String> excluded = Set.copyOf(failures.keySet());
    return facts.filter(one -> !excluded.contains(one._1()));
  }

  /** The cost of reading, without judging. */
  AuditEntry.Reading cost(long more) {
    return new AuditEntry.Reading(bytesRead + more, bytesSkipped, tensorsCompared);
  }
}
