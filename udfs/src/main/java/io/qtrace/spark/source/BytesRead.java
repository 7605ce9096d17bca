package io.qtrace.spark.source;

import org.apache.spark.sql.connector.metric.CustomSumMetric;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;

/** The metric {@code bytesRead}: bytes that the tasks asked checkpoint files for. */
public final class BytesRead extends CustomSumMetric {
  private static final String NAME = "bytesRead";

  /** Spark makes one to add up the tasks' values. */
  public BytesRead() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "bytes of checkpoint files read";
  }

  record OfTask(long value) implements CustomTaskMetric {
    @Override
    public String name() {
      return NAME;
    }
  }
}
