package io.qtrace.job.audit;

import io.qtrace.format.Checkpoints;
import io.qtrace.format.StateDictPrefix;
import io.qtrace.io.ObjectStore;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** Indexes checkpoints in parallel, a task a file; reads their directories and headers only. */
public final class IndexStage {
  private final JavaSparkContext spark;

  public IndexStage(JavaSparkContext spark) {
    this.spark = spark;
  }

  /**
   * An outcome for each URI, in order; tensors of a state dict within a file are named without its
   * path.
   */
  List<IndexedCheckpoint> run(List<String> uris) {
    if (uris.isEmpty()) {
      return List.of();
    }
    SerializableConfiguration hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
    spark.setJobDescription("qtrace: index %d checkpoints".formatted(uris.size()));
    try {
      return spark
          .parallelize(uris, uris.size())
          .map(uri -> index(new ObjectStore(hadoop.value()), uri))
          .collect();
    } finally {
      spark.setJobDescription(null);
    }
  }

  private static IndexedCheckpoint index(ObjectStore store, String uri) {
    try {
      Checkpoints checkpoints = new Checkpoints(store);
      CheckpointIndex index = StateDictPrefix.unwrapped(checkpoints.index(uri));
      return new IndexedCheckpoint.Readable(index, checkpoints.bytesRead());
    } catch (IOException e) {
      return new IndexedCheckpoint.Unreadable(e.getMessage());
    }
  }
}
