package io.qtrace.job.audit.stage;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.FormatException;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.progress.Phase;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/** Indexes checkpoints in parallel, a task a file; reads their directories and headers only. */
public final class IndexStage {
  private final JavaSparkContext spark;
  private final Progress progress;

  public IndexStage(JavaSparkContext spark, Progress progress) {
    this.spark = spark;
    this.progress = progress;
  }

  /**
   * An outcome for each URI, in order; tensors of a state dict within a file are named without its
   * path.
   */
  public List<IndexedCheckpoint> run(List<String> uris) {
    if (uris.isEmpty()) {
      return List.of();
    }
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    LongAccumulator bytesRead = CompareMetrics.of(spark.sc()).bytesRead();
    AtomicInteger done = new AtomicInteger();
    try (Phase phase =
        Phase.begin(spark.sc(), "index", "index %d checkpoints".formatted(uris.size()))) {
      phase.onTask(file -> show(done.incrementAndGet(), uris.size()));
      show(0, uris.size());
      return spark
          .parallelize(uris, uris.size())
          .map(uri -> index(new ObjectStore(hadoop.value()), uri, bytesRead))
          .collect();
    }
  }

  /**
   * Counts checkpoints that need no reading, by their bytes, as the metric of a task; the sum of
   * them.
   */
  public long skip(List<Long> checkpoints) {
    if (checkpoints.isEmpty()) {
      return 0;
    }
    LongAccumulator bytesSkipped = CompareMetrics.of(spark.sc()).bytesSkipped();
    try (Phase phase =
        Phase.begin(
            spark.sc(), "skip", "skip %d known checkpoints".formatted(checkpoints.size()))) {
      spark.parallelize(checkpoints, 1).foreach(bytes -> bytesSkipped.add(bytes));
    }
    return bytesSkipped.value();
  }

  private void show(int done, int total) {
    progress.show(Stage.of("indexing", "checkpoints", done, total));
  }

  private static IndexedCheckpoint index(ObjectStore store, String uri, LongAccumulator bytesRead) {
    try {
      Checkpoints checkpoints = new Checkpoints(store);
      CheckpointIndex index = StateDictPrefix.unwrapped(checkpoints.index(uri));
      bytesRead.add(checkpoints.bytesRead());
      return new IndexedCheckpoint.Readable(index, checkpoints.opened(), checkpoints.bytesRead());
    } catch (FormatException e) {
      return new IndexedCheckpoint.Unreadable(e.getMessage());
    } catch (IOException e) {
      return new IndexedCheckpoint.Unavailable(e.getMessage());
    }
  }
}
