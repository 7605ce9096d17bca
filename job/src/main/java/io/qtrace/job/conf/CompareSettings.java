package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.arrow.ReadOptions;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.network.util.JavaUtils;

/**
 * How the compare stage reads, sizes as Spark writes them ({@code 64m}).
 *
 * @param taskMemory off-heap bytes of one task
 * @param taskBytes bytes of checkpoints per task
 * @param reads by the scheme of a checkpoint's URI; {@value #OTHER} for all others
 */
public record CompareSettings(
    @JsonProperty(value = "task-memory", required = true) String taskMemory,
    @JsonProperty(value = "task-bytes", required = true) String taskBytes,
    @JsonProperty(value = "reads", required = true) Map<String, ReadSettings> reads) {
  private static final String OTHER = "other";

  public CompareSettings {
    JavaUtils.byteStringAsBytes(taskMemory);
    JavaUtils.byteStringAsBytes(taskBytes);
    reads = new TreeMap<>(reads);
    if (!reads.containsKey(OTHER)) {
      throw new IllegalArgumentException(
          "Invalid reads: for " + reads.keySet() + ", expected '" + OTHER + "' among them");
    }
  }

  public long taskMemoryBytes() {
    return JavaUtils.byteStringAsBytes(taskMemory);
  }

  public long taskBytesCount() {
    return JavaUtils.byteStringAsBytes(taskBytes);
  }

  /**
   * How a file is read.
   *
   * @param uri of the file, or a local path
   */
  public ReadOptions read(String uri) {
    String scheme = uri.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*") ? uri.split(":", 2)[0] : "file";
    return reads.getOrDefault(scheme, reads.get(OTHER)).options();
  }
}
