package io.qtrace.job.compare;

import io.qtrace.job.progress.Phase;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * The cost of comparing, as Spark metrics of each task and stage. Tasks that run twice count twice.
 *
 * @param bytesRead bytes of checkpoints asked of the object store
 * @param bytesSkipped bytes of checkpoints that an earlier audit had read
 * @param tensorsCompared pairs of tensors whose bytes were compared
 */
public record CompareMetrics(
    LongAccumulator bytesRead, LongAccumulator bytesSkipped, LongAccumulator tensorsCompared)
    implements Serializable {
  /** Metrics from zero, for one stage. */
  static CompareMetrics of(SparkContext spark) {
    return new CompareMetrics(
        spark.longAccumulator("qtrace: bytes read"),
        spark.longAccumulator("qtrace: bytes skipped"),
        spark.longAccumulator("qtrace: tensors compared"));
  }

  /**
   * Counts checkpoints that need not be read, by their bytes, as the metric of a task; the sum of
   * them.
   */
  public static long skip(SparkContext spark, List<Long> checkpoints) {
    if (checkpoints.isEmpty()) {
      return 0;
    }
    LongAccumulator bytesSkipped = of(spark).bytesSkipped();
    try (Phase phase =
        Phase.begin(spark, "skip", "skip %d known checkpoints".formatted(checkpoints.size()))) {
      JavaSparkContext.fromSparkContext(spark)
          .parallelize(checkpoints, 1)
          .foreach(bytesSkipped::add);
    }
    return bytesSkipped.value();
  }
}
