package io.qtrace.job.judge;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStatus;
import io.qtrace.io.Amount;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.archive.CheckpointNames;
import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.CompareRequest;
import io.qtrace.job.compare.CompareStage;
import io.qtrace.job.compare.IndexStage;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.compare.IndexedCheckpoint;
import io.qtrace.job.compare.Measured;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.job.compare.RecomputeStage;
import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TrustedCrc;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.operations.Ends;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.Side;
import io.qtrace.job.operations.Step;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.RunPolicy;
import io.qtrace.job.progress.Progress;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/** Compares two checkpoints and judges the pair; writes nothing. */
public final class Diff {
  // Keys of the two, which may be one file.
  private static final String LEFT = "left";
  private static final String RIGHT = "right";

  private final JavaSparkContext spark;
  private final ObjectStore store;
  private final Policy policy;
  private final Operations operations;
  private final IndexStage indexing;
  private final CompareStage comparing;
  private final RecomputeStage recomputing;
  private final CheckpointNames names;

  /** A comparison with all operations of qtrace. */
  public Diff(JavaSparkContext spark, Settings settings, Policy policy) {
    this(spark, settings, policy, Operations.KNOWN);
  }

  /** A comparison with the given operations. */
  public Diff(JavaSparkContext spark, Settings settings, Policy policy, Operations operations) {
    operations.check(policy);
    this.spark = spark;
    this.store = new ObjectStore(settings.limits().limits().addTo(spark.hadoopConfiguration()));
    this.policy = policy;
    this.operations = operations;
    this.indexing = new IndexStage(spark, Progress.NONE);
    this.comparing =
        new CompareStage(spark, settings.compare(), policy.categories(), Progress.NONE);
    this.recomputing = new RecomputeStage(spark, settings.compare());
    this.names = new CheckpointNames(settings.archive());
  }

  /**
   * A pair and its judgement.
   *
   * @param rules the policy for the right one's run
   * @param asked whether the kind of the edge was given instead of inferred
   * @param skippedLeft content of the left one that cannot be compared
   * @param skippedRight content of the right one that cannot be compared
   * @param files of each parent, then those of the right one, as they were when they were read
   */
  public record Outcome(
      Step step,
      Judgement judgement,
      RunPolicy rules,
      boolean asked,
      List<Skipped> skippedLeft,
      List<Skipped> skippedRight,
      List<List<ObjectStat>> files) {
    public PairComparison pair() {
      return step.pair();
    }

    /** The pair layer by layer. */
    public List<LayerChange> layers() {
      return LayerChange.of(step, judgement);
    }

    /** Tensors outside quantized layers that are not identical, in the pair's order. */
    public List<TensorComparison> others() {
      Set<String> owned = new HashSet<>();
      layers().forEach(layer -> layer.tensors().forEach(tensor -> owned.add(tensor.name())));
      return pair().tensors().stream()
          .filter(tensor -> tensor.status() != TensorStatus.IDENTICAL)
          .filter(tensor -> !owned.contains(tensor.name()))
          .toList();
    }
  }

  /**
   * Compares all tensors of two checkpoints.
   *
   * @throws IOException if either cannot be read
   */
  public Outcome run(String left, String right, Optional<EdgeKind> kind, Set<Measure> extra)
      throws IOException {
    return run(left, right, kind, extra, false);
  }

  /**
   * Compares the right checkpoint with the left, its supposed parent.
   *
   * @param kind operation that made right from left; empty to infer it from the changes
   * @param extra measures in addition to the fingerprint and statistics
   * @param trustCrc whether to skip tensors with {@link TrustedCrc equal checksums}
   * @throws IOException if either cannot be read
   */
  public Outcome run(
      String left, String right, Optional<EdgeKind> kind, Set<Measure> extra, boolean trustCrc)
      throws IOException {
    return run(left, List.of(), right, kind, extra, trustCrc);
  }

  /**
   * Compares a child with all parents of an operation that combines checkpoints.
   *
   * @param parents the one that it is compared with, then the others
   * @param extra measures in addition to the fingerprint and statistics
   * @throws IOException if one of them cannot be read
   */
  public Outcome run(List<String> parents, String child, Set<Measure> extra) throws IOException {
    List<String> others = parents.subList(1, parents.size());
    return run(parents.get(0), others, child, Optional.empty(), extra, false);
  }

  private Outcome run(
      String left,
      List<String> others,
      String right,
      Optional<EdgeKind> kind,
      Set<Measure> extra,
      boolean trustCrc)
      throws IOException {
    Map<String, String> byKey = keys(left, others, right);
    List<String> otherKeys =
        byKey.keySet().stream().filter(key -> !key.equals(LEFT) && !key.equals(RIGHT)).toList();
    Indexes indexes = index(byKey);
    Map<String, CheckpointIndex> ends = indexes.collect();
    Set<String> unread = trustCrc ? TrustedCrc.unread(ends.get(LEFT), ends.get(RIGHT)) : Set.of();
    Map<String, Measured> measured = measure(indexes, byKey.keySet(), extra, unread);
    RunPolicy rules = rules(right);
    Side parent = new Side(facts(measured, ends, LEFT, unread), rules.lutMaxAbs());
    Side child = new Side(facts(measured, ends, RIGHT, unread), rules.lutMaxAbs());
    PairComparison pair =
        PairComparison.measured(
            parent.facts(),
            child.facts(),
            Optional.ofNullable(measured.get(RIGHT).diffs().get(LEFT))
                .map(Packed::value)
                .orElse(Map.of()));
    List<Step.Other> otherSides = new ArrayList<>();
    for (String key : otherKeys) {
      otherSides.add(new Step.Other(byKey.get(key), new Side(facts(measured, ends, key, unread))));
    }
    Step compared = new Step(parent, child, pair, Map.of()).with(otherSides);
    Step step =
        new Step(parent, child, pair, recomputed(compared, indexes, ends, otherKeys))
            .with(otherSides);
    Judgement judgement =
        new EdgeJudge(operations)
            .judge(
                step,
                NotCompared.of(
                    skipped(indexes, LEFT), skipped(indexes, RIGHT), policy.categories()),
                rules,
                new JudgedChild(right, names.optimizerSteps(right)),
                kind)
            .noted(FileNotes.of(notes(indexes, LEFT), LEFT, notes(indexes, RIGHT), RIGHT))
            .noted(notes(unread));
    return new Outcome(
        step,
        judgement,
        rules,
        kind.isPresent(),
        skipped(indexes, LEFT),
        skipped(indexes, RIGHT),
        byKey.keySet().stream().map(key -> indexes.readable(key).orElseThrow().files()).toList());
  }

  // Parents in their order, then the child.
  private static Map<String, String> keys(String left, List<String> others, String right) {
    Map<String, String> byKey = new LinkedHashMap<>();
    byKey.put(LEFT, left);
    others.forEach(other -> byKey.put("other " + byKey.size(), other));
    byKey.put(RIGHT, right);
    return byKey;
  }

  private CheckpointFacts facts(
      Map<String, Measured> measured,
      Map<String, CheckpointIndex> ends,
      String side,
      Set<String> unread) {
    CheckpointFacts read = measured.get(side).facts().orElseThrow().value();
    return unread.isEmpty()
        ? read
        : TrustedCrc.completed(read, ends.get(side), unread, policy.categories());
  }

  private static List<String> notes(Set<String> unread) {
    return unread.isEmpty()
        ? List.of()
        : List.of(
            "%s not read: both files state the same CRC-32, size and layout"
                .formatted(Amount.of(unread.size(), "tensor")));
  }

  private Indexes index(Map<String, String> byKey) throws IOException {
    Map<String, String> uris = new LinkedHashMap<>();
    for (Map.Entry<String, String> one : byKey.entrySet()) {
      uris.put(one.getKey(), store.stat(one.getValue()).uri());
    }
    Indexes indexes = indexing.run(uris);
    for (String side : uris.keySet()) {
      IndexedCheckpoint outcome = indexes.outcomes().get(side);
      if (outcome instanceof IndexedCheckpoint.Unreadable unreadable) {
        throw new IOException(unreadable.reason());
      } else if (outcome instanceof IndexedCheckpoint.Unavailable unavailable) {
        throw new IOException(unavailable.reason());
      }
    }
    return indexes;
  }

  private Map<String, Measured> measure(
      Indexes indexes, Set<String> keys, Set<Measure> extra, Set<String> unread)
      throws IOException {
    Set<Measure> measures = EnumSet.of(Measure.FINGERPRINT, Measure.STATS, Measure.VALUES);
    measures.addAll(extra);
    CompareRequest request =
        new CompareRequest(
            List.copyOf(keys),
            keys,
            List.of(new CompareRequest.Pair(LEFT, RIGHT)),
            measures,
            unread);
    CompareStage.Output<Boolean> output =
        comparing.run(
            request, indexes, JavaPairRDD.fromJavaRDD(spark.emptyRDD()), facts -> Boolean.TRUE);
    if (!output.failures().isEmpty()) {
      throw new IOException(
          String.join(
              "; ", output.failures().values().stream().map(f -> f.reason()).distinct().toList()));
    }
    Map<String, Measured> measured = new HashMap<>();
    output.measured().collect().forEach(one -> measured.put(one._1(), one._2().value()));
    return measured;
  }

  private Map<String, Recomputed> recomputed(
      Step step, Indexes indexes, Map<String, CheckpointIndex> ends, List<String> otherKeys)
      throws IOException {
    Map<String, Recomputation> wanted =
        operations.recomputations(
            step,
            Ends.of(ends.get(LEFT), ends.get(RIGHT), otherKeys.stream().map(ends::get).toList()));
    if (wanted.isEmpty()) {
      return Map.of();
    }
    RecomputeStage.Output output =
        recomputing.run(
            spark.parallelizePairs(List.of(new Tuple2<>(RIGHT, Packed.of(wanted))), 1),
            Map.of(RIGHT, files(indexes, otherKeys)));
    if (!output.changed().isEmpty()) {
      throw new IOException(String.join("; ", output.changed().values()));
    }
    return output.layers().collectAsMap().get(RIGHT).value();
  }

  private static List<String> notes(Indexes indexes, String side) {
    return indexes.readable(side).orElseThrow().notes();
  }

  private static List<Skipped> skipped(Indexes indexes, String side) {
    return indexes.readable(side).orElseThrow().skipped();
  }

  private static List<ObjectStat> files(Indexes indexes, List<String> otherKeys) {
    return Stream.concat(Stream.of(LEFT, RIGHT), otherKeys.stream())
        .flatMap(key -> indexes.readable(key).orElseThrow().files().stream())
        .toList();
  }

  // The right checkpoint's folder counts as its run, since its archive is not known.
  private RunPolicy rules(String right) throws IOException {
    String folder = right.substring(0, Math.max(right.lastIndexOf('/'), 0));
    return policy.forRun(folder, RunConfig.nextTo(store, right));
  }
}
