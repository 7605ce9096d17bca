package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.spark.network.util.JavaUtils;

/**
 * How the compare stage reads, sizes as Spark writes them ({@code 64m}).
 *
 * @param taskMemory off-heap bytes of one task
 * @param taskBytes bytes of checkpoints that one task takes on
 * @param rangeBytes bytes of one ranged read
 * @param rangesInFlight ranged reads of one tensor under way at once
 */
public record CompareSettings(
    @JsonProperty(value = "task-memory", required = true) String taskMemory,
    @JsonProperty(value = "task-bytes", required = true) String taskBytes,
    @JsonProperty(value = "range-bytes", required = true) String rangeBytes,
    @JsonProperty(value = "ranges-in-flight", required = true) int rangesInFlight) {
  public CompareSettings {
    JavaUtils.byteStringAsBytes(taskMemory);
    JavaUtils.byteStringAsBytes(taskBytes);
    JavaUtils.byteStringAsBytes(rangeBytes);
    if (rangesInFlight < 1) {
      throw new IllegalArgumentException(
          "Invalid ranges-in-flight: " + rangesInFlight + ", expected 1 or more");
    }
  }

  public long taskMemoryBytes() {
    return JavaUtils.byteStringAsBytes(taskMemory);
  }

  public long taskBytesCount() {
    return JavaUtils.byteStringAsBytes(taskBytes);
  }

  public int rangeBytesCount() {
    return Math.toIntExact(JavaUtils.byteStringAsBytes(rangeBytes));
  }
}
