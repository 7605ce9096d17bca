package io.qtrace.job.compare;

import io.qtrace.compare.Measure;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.CompareGroups.Group;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.conf.CompareSettings;
import io.qtrace.job.progress.Phase;
import io.qtrace.job.progress.Progress;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Shadow;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * Measures and compares tensors on the executors. Checkpoints that are compared with each other are
 * planned together; a plan is cut into slices of about equal bytes; each slice streams its ranges
 * through a bounded amount of memory and returns partial results, which merge in any order. Results
 * stay on the executors; one small record per checkpoint reaches the driver.
 */
public final class CompareStage {
  private static final String READING = "qtrace: compare"; // name of the RDD that reads

  // Facts and comparisons of so many tensors are in memory of a task at once.
  private static final int MOST_TENSORS = 20_000;

  private static final int MAX_SLICES = 1 << 16; // of a group

  private final JavaSparkContext spark;
  private final CompareSettings settings;
  private final CategoryRules categories;
  private final Progress progress;

  public CompareStage(
      JavaSparkContext spark,
      CompareSettings settings,
      CategoryRules categories,
      Progress progress) {
    this.spark = spark;
    this.settings = settings;
    this.categories = categories;
    this.progress = progress;
  }

  /**
   * The results.
   *
   * @param measured by the checkpoint's key, on the executors
   * @param failures by the checkpoint's key
   * @param summaries of the checkpoints that were measured, by key
   * @param bytesRead bytes of tensors asked of the object store
   * @param tensorsCompared pairs of tensors whose bytes were compared
   */
  public record Output<S>(
      JavaPairRDD<String, Packed<Measured>> measured,
      Map<String, Measured.Failure> failures,
      Map<String, S> summaries,
      long bytesRead,
      long tensorsCompared) {}

  /**
   * Reads what a request asks for.
   *
   * @param indexes of all its checkpoints
   * @param known facts of checkpoints that are not measured, by key; if both sides of a pair are
   *     known, only tensors that differ are read
   * @param summary computes what the driver needs to know about each measured checkpoint
   */
  public <S> Output<S> run(
      CompareRequest request,
      Indexes indexes,
      JavaPairRDD<String, Packed<CheckpointFacts>> known,
      Function<CheckpointFacts, S> summary) {
    List<Group> groups =
        CompareGroups.of(
            request,
            key -> indexes.readable(key).orElseThrow(),
            TaskMemory.tensors(spark, CompareGroups.MOST_TENSORS));
    Broadcast<Map<String, List<ObjectStat>>> files =
        spark.broadcast(indexes.files(request.checkpoints()));
    JavaPairRDD<Integer, Packed<SlicePart>> slices = slices(request, groups, indexes, known);
    CompareTask task =
        new CompareTask(
            HadoopSettings.of(spark),
            files,
            settings.taskMemoryBytes(),
            settings.read(uri(request, indexes)),
            CompareMetrics.of(spark.sc()));
    JavaPairRDD<String, Packed<CheckpointPart>> parts =
        slices.values().mapPartitionsToPair(task::run).setName(READING);
    // Including those of which nothing is read.
    List<Tuple2<String, Packed<CheckpointPart>>> all = new ArrayList<>();
    Packed<CheckpointPart> none = Packed.of(CheckpointPart.NONE);
    request.checkpoints().forEach(key -> all.add(new Tuple2<>(key, none)));
    MeasureTask measure = new MeasureTask(task.hadoop(), files, request.measured(), categories);
    KeyPartitioner byKey = new KeyPartitioner(parts(request, indexes));
    JavaPairRDD<String, Packed<Measured>> measured =
        parts
            .union(spark.parallelizePairs(all, 1))
            .groupByKey(byKey)
            .join(names(request, indexes), byKey)
            .mapToPair(measure::run)
            .persist(StorageLevel.DISK_ONLY());
    long bytes =
        request.measured().stream()
            .mapToLong(key -> indexes.readable(key).orElseThrow().bytes())
            .sum();
    CompareProgress done =
        new CompareProgress(
            progress, request.checkpoints().size(), bytes, slices.getNumPartitions());
    return output(measured, done, summary);
  }

  private <S> Output<S> output(
      JavaPairRDD<String, Packed<Measured>> measured,
      CompareProgress progressed,
      Function<CheckpointFacts, S> summary) {
    Map<String, Measured.Failure> failures = new HashMap<>();
    Map<String, S> summaries = new HashMap<>();
    CompareCost cost = CompareCost.NONE;
    try (Phase phase = Phase.begin(spark.sc(), "compare", "compare checkpoints")) {
      phase.onTask(READING, part -> progressed.finished());
      List<Tuple2<String, Packed<Summary<S>>>> found =
          measured.mapValues(one -> Packed.of(Summary.of(one.value(), summary))).collect();
      for (Tuple2<String, Packed<Summary<S>>> of : found) {
        Summary<S> one = of._2().value();
        one.failure().ifPresent(failure -> failures.put(of._1(), failure));
        one.summary().ifPresent(made -> summaries.put(of._1(), made));
        cost = cost.plus(one.cost());
      }
    }
    return new Output<>(measured, failures, summaries, cost.bytesRead(), cost.tensorsCompared());
  }

  private record Summary<S>(
      Optional<Measured.Failure> failure, Optional<S> summary, CompareCost cost) {
    static <S> Summary<S> of(Measured found, Function<CheckpointFacts, S> summary)
        throws Exception {
      return new Summary<>(
          found.failure(),
          found.facts().isPresent()
              ? Optional.of(summary.call(found.facts().get().value()))
              : Optional.empty(),
          found.cost());
    }
  }

  private static String uri(CompareRequest request, Indexes indexes) {
    return request.checkpoints().stream()
        .findFirst()
        .map(key -> indexes.readable(key).orElseThrow().files().get(0).uri())
        .orElse("");
  }

  private int parts(CompareRequest request, Indexes indexes) {
    long tensors =
        request.checkpoints().stream()
            .mapToLong(key -> indexes.readable(key).orElseThrow().tensors())
            .sum();
    return parts(spark, request.checkpoints().size(), tensors);
  }

  /**
   * The number of tasks for work on tensors, with a bounded number of tensors each.
   *
   * @param most number of pieces that the work can be divided into
   */
  public static int parts(JavaSparkContext spark, int most, long tensors) {
    return (int) Math.max(1, Math.min(most, tensors / TaskMemory.tensors(spark, MOST_TENSORS) + 1));
  }

  private JavaPairRDD<String, Packed<Names>> names(CompareRequest request, Indexes indexes) {
    Set<String> wanted = Set.copyOf(request.checkpoints());
    return indexes
        .readable()
        .filter(index -> wanted.contains(index._1()))
        .mapValues(index -> Packed.of(Names.of(index.value())));
  }

  /**
   * Names of a checkpoint's tensors, in the file's order.
   *
   * @param shadow those of the copy of its model, by the name that the plan has for them
   */
  private record Names(List<String> tensors, Map<String, String> shadow) {
    static Names of(CheckpointIndex index) {
      Map<String, String> shadow = new LinkedHashMap<>();
      index
          .shadow()
          .ifPresent(
              copy ->
                  copy.tensors()
                      .forEach(
                          tensor ->
                              shadow.put(
                                  Shadow.name(copy.section(), tensor.name()), tensor.name())));
      return new Names(index.tensors().stream().map(TensorEntry::name).toList(), shadow);
    }

    CheckpointFacts facts(Map<String, TensorFacts> found, Map<String, LutCheckPartial> checks) {
      Map<String, TensorFacts> ordered = new LinkedHashMap<>();
      tensors.stream()
          .filter(found::containsKey)
          .forEach(name -> ordered.put(name, found.get(name)));
      Map<String, TensorFacts> copies = new LinkedHashMap<>();
      shadow.forEach(
          (name, original) ->
              Optional.ofNullable(found.get(name)).ifPresent(one -> copies.put(original, one)));
      return CheckpointFacts.of(ordered, checks).withShadow(copies);
    }
  }

  // Each group is planned by one task; each slice goes to a task of its own.
  private JavaPairRDD<Integer, Packed<SlicePart>> slices(
      CompareRequest request,
      List<Group> groups,
      Indexes indexes,
      JavaPairRDD<String, Packed<CheckpointFacts>> known) {
    if (groups.isEmpty()) {
      return JavaPairRDD.fromJavaRDD(spark.emptyRDD());
    }
    Slicing slicing =
        Slicing.of(
            groups,
            indexes,
            settings,
            TaskMemory.tensors(spark, MOST_TENSORS),
            2 * spark.defaultParallelism());
    Map<String, List<Integer>> numbers = new HashMap<>(); // of groups, by checkpoint
    for (Group group : groups) {
      for (String key : group.checkpoints()) {
        numbers.computeIfAbsent(key, checkpoint -> new ArrayList<>()).add(group.number());
      }
    }
    Broadcast<Map<String, List<Integer>>> groupsOf = spark.broadcast(numbers);
    HashPartitioner byGroup = new HashPartitioner(groups.size());
    List<Tuple2<Integer, Group>> numbered = new ArrayList<>();
    groups.forEach(group -> numbered.add(new Tuple2<>(group.number(), group)));
    PlanTask plan = new PlanTask(request.measures(), request.unread(), categories, slicing);
    return spark
        .parallelizePairs(numbered, Math.min(groups.size(), spark.defaultParallelism()))
        .cogroup(
            indexes.readable().flatMapToPair(found -> inGroups(found, groupsOf.value())),
            known.flatMapToPair(found -> inGroups(found, groupsOf.value())),
            byGroup)
        .flatMapToPair(
            group ->
                plan.slices(group._2()._1().iterator().next(), group._2()._2(), group._2()._3()))
        .partitionBy(new HashPartitioner(slicing.total()));
  }

  private static <T> Iterator<Tuple2<Integer, Tuple2<String, T>>> inGroups(
      Tuple2<String, T> found, Map<String, List<Integer>> groups) {
    return groups.getOrDefault(found._1(), List.of()).stream()
        .map(group -> new Tuple2<>(group, found))
        .iterator();
  }

  /**
   * How many slices each group has, and where their numbers begin.
   *
   * @param first number of the first slice of each group, and after the last group their total
   */
  private record Slicing(List<Integer> first) implements Serializable {
    static Slicing of(
        List<Group> groups, Indexes indexes, CompareSettings settings, int ofTask, int least) {
      List<Integer> first = new ArrayList<>(List.of(0));
      int each = Math.max(1, (least + groups.size() - 1) / groups.size());
      for (Group group : groups) {
        long bytes = 0;
        long tensors = 0;
        for (String key : group.checkpoints()) {
          IndexedCheckpoint.Readable checkpoint = indexes.readable(key).orElseThrow();
          bytes += checkpoint.bytes();
          tensors += checkpoint.tensors();
        }
        long slices = Math.max(bytes / settings.taskBytesCount(), tensors / ofTask) + 1;
        first.add(first.get(first.size() - 1) + (int) Math.max(each, Math.min(slices, MAX_SLICES)));
      }
      return new Slicing(first);
    }

    int total() {
      return first.get(first.size() - 1);
    }

    int slices(int group) {
      return first.get(group + 1) - first.get(group);
    }
  }

  /** What plans a group on an executor. */
  private record PlanTask(
      Set<Measure> measures, Set<String> unread, CategoryRules categories, Slicing slicing)
      implements Serializable {
    Iterator<Tuple2<Integer, Packed<SlicePart>>> slices(
        Group group,
        Iterable<Tuple2<String, Packed<CheckpointIndex>>> indexes,
        Iterable<Tuple2<String, Packed<CheckpointFacts>>> known) {
      List<CompareUnit> units =
          ComparePlan.of(group, measures, unread, categories, byKey(indexes), byKey(known));
      int first = slicing.first().get(group.number());
      List<Tuple2<Integer, SlicePart>> numbered = new ArrayList<>();
      ComparePlan.slice(
          units,
          slicing.slices(group.number()),
          (slice, part) -> numbered.add(new Tuple2<>(first + slice, part)));
      return numbered.stream()
          .map(part -> new Tuple2<>(part._1(), Packed.of(part._2())))
          .iterator();
    }

    private static <T> Map<String, T> byKey(Iterable<Tuple2<String, Packed<T>>> found) {
      Map<String, T> byKey = new HashMap<>();
      found.forEach(one -> byKey.put(one._1(), one._2().value()));
      return byKey;
    }
  }

  /** What puts the parts of a checkpoint together on an executor. */
  private record MeasureTask(
      HadoopSettings hadoop,
      Broadcast<Map<String, List<ObjectStat>>> files,
      Set<String> measured,
      CategoryRules categories)
      implements Serializable {
    Tuple2<String, Packed<Measured>> run(
        Tuple2<String, Tuple2<Iterable<Packed<CheckpointPart>>, Packed<Names>>> checkpoint)
        throws IOException {
      String key = checkpoint._1();
      return MemoryRetry.run(
          "compare",
          files.value().get(key).get(0).uri(),
          () -> merged(key, checkpoint._2()._1(), checkpoint._2()._2()),
          reason -> new Tuple2<>(key, Packed.of(Measured.failed(reason, true))));
    }

    private Tuple2<String, Packed<Measured>> merged(
        String key, Iterable<Packed<CheckpointPart>> parts, Packed<Names> names)
        throws IOException {
      CheckpointPart all = CheckpointPart.merged(parts);
      return new Tuple2<>(key, Packed.of(measured(key, all, names).withCost(all.cost())));
    }

    private Measured measured(String key, CheckpointPart all, Packed<Names> names)
        throws IOException {
      ObjectStore store = new ObjectStore(hadoop.value());
      Optional<String> changed = FileChanges.reason(store, files.value().get(key));
      if (changed.isPresent()) {
        return Measured.failed(changed.get(), true);
      }
      return all.failure()
          .or(all::damage)
          .map(reason -> Measured.failed(reason, false))
          .orElseGet(() -> measured(key, all, names.value()));
    }

    private Measured measured(String key, CheckpointPart all, Names names) {
      Optional<CheckpointFacts> facts = Optional.empty();
      if (measured.contains(key)) {
        facts = Optional.of(names.facts(all.facts(categories), all.layers()));
      }
      return Measured.of(facts, all.diffs());
    }
  }
}
