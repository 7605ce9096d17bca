package io.qtrace.job.compare;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.ComparedNames;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.progress.Phase;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.PickledGlobal;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * Indexes checkpoints on the executors, each file once; reads their directories and headers only.
 * The indexes stay there; one small record per file reaches the driver.
 */
public final class IndexStage {
  private static final Logger LOG = LoggerFactory.getLogger(IndexStage.class);

  // Indexing a small file takes milliseconds, so a task takes several.
  private static final int FILES_OF_A_TASK = 64;

  private static final String INDEXING = "qtrace: index"; // name of the RDD

  private final JavaSparkContext spark;
  private final Progress progress;

  public IndexStage(JavaSparkContext spark, Progress progress) {
    this.spark = spark;
    this.progress = progress;
  }

  /**
   * Indexes files within the limits of Spark's Hadoop configuration; tensors of a state dict within
   * a file are named without its path.
   *
   * @param uris by the key of the checkpoint
   */
  public Indexes run(Map<String, String> uris) {
    if (uris.isEmpty()) {
      return Indexes.none(spark);
    }
    IndexTask task =
        new IndexTask(HadoopSettings.of(spark), CompareMetrics.of(spark.sc()).bytesRead());
    List<Tuple2<String, String>> files = new ArrayList<>();
    uris.forEach((key, uri) -> files.add(new Tuple2<>(key, uri)));
    int tasks =
        Math.min(
            files.size(), Math.max(files.size() / FILES_OF_A_TASK, 2 * spark.defaultParallelism()));
    JavaRDD<Packed<Indexed>> indexed =
        spark
            .parallelize(files, tasks)
            .map(file -> Packed.of(task.index(file._1(), file._2())))
            .setName(INDEXING)
            .persist(StorageLevel.DISK_ONLY());
    Map<String, IndexedCheckpoint> outcomes = new HashMap<>();
    try (Phase phase =
        Phase.begin(spark.sc(), "index", "index %d checkpoints".formatted(files.size()))) {
      int[] done = {0};
      phase.onTask(
          INDEXING,
          part ->
              progress.show(
                  Stage.of(
                      "indexing",
                      "checkpoints",
                      (done[0]++ + 1L) * files.size() / tasks,
                      files.size())));
      progress.show(Stage.of("indexing", "checkpoints", 0, files.size()));
      indexed
          .map(file -> Packed.of(file.value().withoutIndex()))
          .collect()
          .forEach(file -> outcomes.put(file.value().key(), file.value().outcome()));
    }
    return new Indexes(indexed, outcomes, task.bytesRead().value());
  }

  /** Indexes on the executors, and what the driver knows about them. */
  public static final class Indexes {
    private final JavaRDD<Packed<Indexed>> indexed;
    private final Map<String, IndexedCheckpoint> outcomes;
    private final long bytesRead;

    private Indexes(
        JavaRDD<Packed<Indexed>> indexed, Map<String, IndexedCheckpoint> outcomes, long bytesRead) {
      this.indexed = indexed;
      this.outcomes = Map.copyOf(outcomes);
      this.bytesRead = bytesRead;
    }

    static Indexes none(JavaSparkContext spark) {
      return new Indexes(spark.emptyRDD(), Map.of(), 0);
    }

    /** By the checkpoint's key. */
    public Map<String, IndexedCheckpoint> outcomes() {
      return outcomes;
    }

    /** Bytes asked of the object store. */
    public long bytesRead() {
      return bytesRead;
    }

    /** The indexes of the files that could be read, by the checkpoint's key. */
    public JavaPairRDD<String, Packed<CheckpointIndex>> readable() {
      return indexed
          .map(Packed::value)
          .filter(file -> file.index().isPresent())
          .mapToPair(file -> new Tuple2<>(file.key(), file.index().get()));
    }

    /** The same with only the tensors of at most a number of elements. */
    public Indexes small(long elements) {
      return new Indexes(indexed.map(file -> Packed.of(file.value().small(elements))), outcomes, 0);
    }

    /** The indexes of the readable checkpoints of a pair, brought to the driver, by key. */
    public Map<String, CheckpointIndex> collect() {
      Map<String, CheckpointIndex> indexes = new HashMap<>();
      readable().collect().forEach(one -> indexes.put(one._1(), one._2().value()));
      return indexes;
    }

    /** These and those of other files. */
    public Indexes and(Indexes others) {
      if (others.outcomes().isEmpty()) {
        return this;
      }
      Map<String, IndexedCheckpoint> all = new HashMap<>(outcomes);
      all.putAll(others.outcomes());
      return new Indexes(
          outcomes.isEmpty() ? others.indexed : indexed.union(others.indexed),
          all,
          bytesRead + others.bytesRead());
    }

    /** The files of readable checkpoints, by key. */
    public Map<String, List<ObjectStat>> files(Collection<String> keys) {
      Map<String, List<ObjectStat>> files = new HashMap<>();
      keys.forEach(key -> files.put(key, readable(key).orElseThrow().files()));
      return files;
    }

    /** What the driver knows about a readable checkpoint. */
    public Optional<IndexedCheckpoint.Readable> readable(String key) {
      return outcomes.get(key) instanceof IndexedCheckpoint.Readable readable
          ? Optional.of(readable)
          : Optional.empty();
    }
  }

  /** One file, where it was indexed. */
  record Indexed(String key, IndexedCheckpoint outcome, Optional<Packed<CheckpointIndex>> index) {
    Indexed withoutIndex() {
      return new Indexed(key, outcome, Optional.empty());
    }

    Indexed small(long elements) {
      return new Indexed(
          key, outcome, index.map(whole -> Packed.of(small(whole.value(), elements))));
    }

    private static CheckpointIndex small(CheckpointIndex index, long elements) {
      return new CheckpointIndex(
          index.path(),
          index.format(),
          index.tensors().stream().filter(tensor -> tensor.elements() <= elements).toList(),
          List.of());
    }
  }

  /** What indexes files on an executor. */
  private record IndexTask(HadoopSettings hadoop, LongAccumulator bytesRead)
      implements Serializable {
    Indexed index(String key, String uri) {
      Indexed indexed =
          MemoryRetry.run(
              "index",
              uri,
              () -> read(key, uri),
              reason ->
                  new Indexed(key, new IndexedCheckpoint.Unavailable(reason), Optional.empty()));
      LOG.info("checkpoint {}: {}", SafeText.of(uri), SafeText.of(described(indexed.outcome())));
      return indexed;
    }

    private static String described(IndexedCheckpoint outcome) {
      if (outcome instanceof IndexedCheckpoint.Readable readable) {
        return "%s, %d tensors, %d skipped"
            .formatted(readable.format(), readable.tensors(), readable.skipped().size());
      }
      return outcome instanceof IndexedCheckpoint.Unreadable unreadable
          ? "unreadable, " + unreadable.reason()
          : "unavailable, " + ((IndexedCheckpoint.Unavailable) outcome).reason();
    }

    private Indexed read(String key, String uri) {
      Checkpoints checkpoints = new Checkpoints(new ObjectStore(hadoop.value()));
      try {
        CheckpointIndex index = ComparedNames.of(StateDictPrefix.unwrapped(checkpoints.index(uri)));
        bytesRead.add(checkpoints.bytesRead());
        return new Indexed(
            key,
            IndexedCheckpoint.Readable.of(index, checkpoints.opened(), checkpoints.globals()),
            Optional.of(Packed.of(index)));
      } catch (FormatException e) {
        return new Indexed(
            key,
            e.getCause() instanceof OutOfMemoryError
                ? new IndexedCheckpoint.Unavailable(e.getMessage())
                : new IndexedCheckpoint.Unreadable(e.getMessage(), scanned(checkpoints, uri)),
            Optional.empty());
      } catch (IOException e) {
        return new Indexed(
            key, new IndexedCheckpoint.Unavailable(e.getMessage()), Optional.empty());
      }
    }

    // Other names of a file, if it can still be read.
    private static List<PickledGlobal> scanned(Checkpoints checkpoints, String uri) {
      try {
        checkpoints.scan(uri);
      } catch (IOException e) {
        LOG.warn("checkpoint {}: not scanned: {}", SafeText.of(uri), SafeText.of(e.getMessage()));
      }
      return checkpoints.globals();
    }
  }
}
