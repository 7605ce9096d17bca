package io.qtrace.job.compare;

import org.apache.spark.api.java.JavaSparkContext;

/** How much a task may hold if all cores of a machine share the heap of one process. */
public final class TaskMemory {
  // Facts of a tensor with its comparisons, measured.
  private static final long TENSOR_BYTES = 1280;

  private static final int HEAP_PART = 3; // the rest is for the driver and for garbage

  private TaskMemory() {}

  /**
   * The number of tensors whose facts a task may hold at once.
   *
   * @param most the number if memory is ample, as it is on a cluster's executors
   */
  public static int tensors(JavaSparkContext spark, int most) {
    return spark.sc().isLocal()
        ? tensors(Runtime.getRuntime().maxMemory(), spark.defaultParallelism(), most)
        : most;
  }

  static int tensors(long heap, int tasks, int most) {
    return (int) Math.max(1, Math.min(most, heap / HEAP_PART / tasks / TENSOR_BYTES));
  }
}
