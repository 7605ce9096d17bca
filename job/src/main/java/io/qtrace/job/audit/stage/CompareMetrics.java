package io.qtrace.job.audit.stage;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What comparing costs, as Spark shows it for each task and stage; the sums stand in the audit's
 * row.
 *
 * @param bytesRead bytes of checkpoints asked of the object store
 * @param bytesSkipped bytes of checkpoints that an earlier audit had read
 * @param tensorsCompared pairs of tensors whose bytes were compared
 */
record CompareMetrics(
    LongAccumulator bytesRead, LongAccumulator bytesSkipped, LongAccumulator tensorsCompared)
    implements Serializable {
  /** Metrics from zero, for one stage. */
  static CompareMetrics of(SparkContext spark) {
    return new CompareMetrics(
        spark.longAccumulator("qtrace: bytes read"),
        spark.longAccumulator("qtrace: bytes skipped"),
        spark.longAccumulator("qtrace: tensors compared"));
  }
}
