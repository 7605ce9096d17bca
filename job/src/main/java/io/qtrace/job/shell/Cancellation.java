package io.qtrace.job.shell;

import java.util.UUID;
import org.apache.spark.SparkContext;

/** Lets another thread end the Spark jobs that one statement of a shell starts. */
final class Cancellation implements AutoCloseable {
  private static final long PAUSE_MILLIS = 200;

  private final SparkContext spark;
  private final String tag = "qtrace-shell-" + UUID.randomUUID();
  private volatile boolean isCancelled;
  private volatile boolean isClosed;

  private Cancellation(SparkContext spark) {
    this.spark = spark;
  }

  /** From now on jobs of this thread can be cancelled; on the thread that will close it. */
  static Cancellation begin(SparkContext spark) {
    Cancellation begun = new Cancellation(spark);
    spark.addJobTag(begun.tag);
    return begun;
  }

  /** Ends the jobs that run, and those that follow; from any thread. */
  void cancel() {
    if (!isCancelled) {
      isCancelled = true;
      Thread canceller = new Thread(this::cancelJobs, tag);
      canceller.setDaemon(true);
      canceller.start();
    }
  }

  // A statement that is being planned has no job yet.
  private void cancelJobs() {
    try {
      while (!isClosed) {
        spark.cancelJobsWithTag(tag, "cancelled in the shell");
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isCancelled() {
    return isCancelled;
  }

  @Override
  public void close() {
    isClosed = true;
    spark.removeJobTag(tag);
  }
}
