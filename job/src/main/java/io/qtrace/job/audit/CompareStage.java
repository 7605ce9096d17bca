package io.qtrace.job.audit;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeTask;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.conf.CompareSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
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

  public CompareStage(JavaSparkContext spark, CompareSettings settings, CategoryRules categories) {
    this.spark = spark;
    this.settings = settings;
    this.categories = categories;
  }

  CompareOutput run(CompareInput input) throws IOException {
    LongAccumulator bytesRead = spark.sc().longAccumulator("qtrace: bytes of tensors read");
    CompareResults results = new CompareResults(input, categories);
    List<CompareUnit> units = CompareUnits.of(input);
    while (!units.isEmpty()) {
      Map<Integer, UnitOutcome> outcomes = read(units, bytesRead);
      List<CompareUnit> failed = results.take(units, outcomes);
      units = failed.stream().flatMap(unit -> unit.without(results.failed()).stream()).toList();
    }
    return results.output(bytesRead.value());
  }

  private Map<Integer, UnitOutcome> read(List<CompareUnit> units, LongAccumulator bytesRead) {
    List<List<Work>> tasks = pack(units);
    if (tasks.isEmpty()) {
      return Map.of();
    }
    Reader reader =
        new Reader(
            new SerializableConfiguration(spark.hadoopConfiguration()),
            settings.taskMemoryBytes(),
            new ReadOptions(settings.rangeBytesCount(), settings.rangesInFlight()),
            bytesRead);
    spark.setJobDescription("qtrace: compare %d tensors".formatted(units.size()));
    try {
      return spark
          .parallelize(tasks, tasks.size())
          .flatMapToPair(reader::read)
          .reduceByKey(UnitOutcome::merge, Math.min(tasks.size(), spark.defaultParallelism()))
          .collectAsMap();
    } finally {
      spark.setJobDescription(null);
    }
  }

  // Largest ranges first, each into the task that has the fewest bytes so far.
  private List<List<Work>> pack(List<CompareUnit> units) {
    List<Work> works = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      for (RangeTask task : units.get(i).tasks(settings.taskBytesCount())) {
        works.add(new Work(i, task, (task.to() - task.from()) * units.get(i).bytesPerElement()));
      }
    }
    long total = works.stream().mapToLong(Work::bytes).sum();
    long count =
        Math.min(
            works.size(),
            Math.max(total / settings.taskBytesCount() + 1, 2L * spark.defaultParallelism()));
    return TaskPacking.pack(works, Math.toIntExact(count), Work::bytes);
  }

  /** One range and the unit it belongs to. */
  private record Work(int unit, RangeTask task, long bytes) implements java.io.Serializable {}

  /** What an executor needs to read. */
  private record Reader(
      SerializableConfiguration hadoop,
      long memoryBytes,
      ReadOptions options,
      LongAccumulator bytesRead)
      implements java.io.Serializable {
    Iterator<Tuple2<Integer, UnitOutcome>> read(List<Work> works) throws IOException {
      ObjectStore store = new ObjectStore(hadoop.value());
      Map<Integer, UnitOutcome> outcomes = new TreeMap<>();
      try (RangeComparison comparison = new RangeComparison(store, memoryBytes, options)) {
        for (Work work : works) {
          outcomes.merge(work.unit(), outcome(comparison, work), UnitOutcome::merge);
        }
      }
      return outcomes.entrySet().stream()
          .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
          .iterator();
    }

    private UnitOutcome outcome(RangeComparison comparison, Work work) throws IOException {
      try {
        UnitOutcome.Read read = new UnitOutcome.Read(comparison.run(work.task()));
        bytesRead.add(read.result().bytesRead());
        return read;
      } catch (FormatException e) {
        return UnitOutcome.Failed.of(e.file(), e.getMessage());
      }
    }
  }
}
