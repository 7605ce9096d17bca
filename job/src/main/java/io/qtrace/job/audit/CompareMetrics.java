package io.qtrace.job.audit;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What comparing costs, as Spark shows it for each task and stage; the sums stand in the audit's
 * row.
 *
 * @param bytesRead bytes of tensors asked of the object store
 * @param tensorsCompared pairs of tensors whose bytes were compared
 */
record CompareMetrics(LongAccumulator bytesRead, LongAccumulator tensorsCompared)
    implements Serializable {
  /** Name of the metric, for whatever reads. */
  static final String BYTES_READ = "qtrace: bytes read";

  static CompareMetrics of(SparkContext spark) {
    return new CompareMetrics(
        spark.longAccumulator(BYTES_READ), spark.longAccumulator("qtrace: tensors compared"));
  }
}
