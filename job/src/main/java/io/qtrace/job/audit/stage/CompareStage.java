package io.qtrace.job.audit.stage;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeResult;
import io.qtrace.compare.RangeTask;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.conf.CompareSettings;
import io.qtrace.job.progress.Phase;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * Measures and compares tensors on the executors. Tensors are cut into ranges, ranges packed into
 * tasks of about equal bytes; each task streams its ranges through a bounded amount of memory and
 * returns partial results, which merge in any order. A checkpoint that cannot be read is left out,
 * and what was read with it read again.
 */
public final class CompareStage {
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

  public CompareOutput run(CompareInput input) throws IOException {
    CompareMetrics metrics = CompareMetrics.of(spark.sc());
    CompareResults results = new CompareResults(input, categories);
    Unchanged unchanged =
        Unchanged.of(new SerializableConfiguration(spark.hadoopConfiguration()), input.files());
    List<CompareUnit> units = CompareUnits.of(input);
    while (!units.isEmpty()) {
      Map<Integer, UnitOutcome> outcomes = read(units, unchanged, metrics);
      List<CompareUnit> failed = results.take(units, outcomes);
      units = failed.stream().flatMap(unit -> unit.without(results.failed()).stream()).toList();
    }
    results.takeChanged(changed(unchanged));
    return results.output(metrics);
  }

  private Map<String, String> changed(Unchanged unchanged) {
    List<String> files = List.copyOf(unchanged.expected().keySet());
    if (files.isEmpty()) {
      return Map.of();
    }
    try (Phase phase =
        Phase.begin(
            spark.sc(), "compare", "see that %d files are unchanged".formatted(files.size()))) {
      return spark
          .parallelize(files, Math.min(files.size(), 4 * spark.defaultParallelism()))
          .mapPartitionsToPair(
              part -> {
                List<String> some = new ArrayList<>();
                part.forEachRemaining(some::add);
                return unchanged.reasons(some).entrySet().stream()
                    .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
                    .iterator();
              })
          .collectAsMap();
    }
  }

  private Map<Integer, UnitOutcome> read(
      List<CompareUnit> units, Unchanged unchanged, CompareMetrics metrics) {
    List<List<Work>> tasks = pack(units);
    if (tasks.isEmpty()) {
      return Map.of();
    }
    Reader reader =
        new Reader(
            unchanged,
            settings.taskMemoryBytes(),
            settings.read(units.get(0).members().get(0).file()),
            metrics);
    CompareProgress done = new CompareProgress(progress, planned(units, tasks));
    try (Phase phase =
        Phase.begin(spark.sc(), "compare", "compare %d tensors".formatted(units.size()))) {
      phase.onTask(done::finished);
      return spark
          .parallelize(tasks, tasks.size())
          .flatMapToPair(reader::read)
          .reduceByKey(UnitOutcome::merge, Math.min(tasks.size(), spark.defaultParallelism()))
          .collectAsMap();
    }
  }

  private static List<CompareProgress.Task> planned(
      List<CompareUnit> units, List<List<Work>> tasks) {
    return tasks.stream()
        .map(
            works ->
                new CompareProgress.Task(
                    works.stream()
                        .flatMap(work -> units.get(work.unit()).members().stream())
                        .map(CompareUnit.Member::checkpoint)
                        .collect(Collectors.toSet()),
                    works.stream().mapToLong(Work::bytes).sum()))
        .toList();
  }

  // Largest ranges first, each into the task that has the fewest bytes so far.
  private List<List<Work>> pack(List<CompareUnit> units) {
    List<Work> works = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      for (RangeTask task : units.get(i).tasks(settings.taskBytesCount())) {
        works.add(Work.of(i, units.get(i), task));
      }
    }
    long total = works.stream().mapToLong(Work::bytes).sum();
    long count =
        Math.min(
            works.size(),
            Math.max(total / settings.taskBytesCount() + 1, 2L * spark.defaultParallelism()));
    return TaskPacking.pack(works, Math.toIntExact(count), Work::bytes);
  }

  /**
   * One range and the unit it belongs to.
   *
   * @param pairs of tensors that count as compared with it: a tensor counts with its first range
   */
  private record Work(int unit, RangeTask task, long bytes, int pairs)
      implements java.io.Serializable {
    static Work of(int index, CompareUnit unit, RangeTask task) {
      long bytes = (task.to() - task.from()) * unit.bytesPerElement();
      return new Work(index, task, bytes, task.from() == 0 ? unit.tensorPairs() : 0);
    }
  }

  /** What an executor needs to read. */
  private record Reader(
      Unchanged unchanged, long memoryBytes, ReadOptions options, CompareMetrics metrics)
      implements java.io.Serializable {
    Iterator<Tuple2<Integer, UnitOutcome>> read(List<Work> works) throws IOException {
      ObjectStore store = new ObjectStore(unchanged.hadoop().value());
      Map<Integer, UnitOutcome> outcomes = new TreeMap<>();
      try (RangeComparison comparison =
          new RangeComparison(store, memoryBytes, options, unchanged.expected(), this::changed)) {
        for (Work work : works) {
          outcomes.merge(work.unit(), outcome(comparison, work), UnitOutcome::merge);
        }
        metrics.bytesRead().add(comparison.bytesRead());
      }
      return outcomes.entrySet().stream()
          .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
          .iterator();
    }

    // A store may refuse to continue with a file that was written meanwhile.
    private Optional<String> changed(String file, IOException failure) throws IOException {
      return Optional.ofNullable(unchanged.reasons(List.of(file)).get(file));
    }

    private UnitOutcome outcome(RangeComparison comparison, Work work) throws IOException {
      RangeResult result = comparison.run(work.task());
      if (!result.failures().isEmpty()) {
        return new UnitOutcome.Failed(new TreeMap<>(result.failures()));
      }
      metrics.tensorsCompared().add(work.pairs());
      return new UnitOutcome.Read(result);
    }
  }
}
