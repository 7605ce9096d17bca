package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.arrow.ReadOptions;
import org.apache.spark.network.util.JavaUtils;

/**
 * How tensors are read from one kind of store.
 *
 * @param rangeBytes bytes of one ranged read, as Spark writes sizes ({@code 8m}): a power of two
 * @param rangesInFlight number of concurrent ranged reads of one tensor
 */
public record ReadSettings(
    @JsonProperty(value = "range-bytes", required = true) String rangeBytes,
    @JsonProperty(value = "ranges-in-flight", required = true) int rangesInFlight) {
  public ReadSettings {
    options(rangeBytes, rangesInFlight);
  }

  public ReadOptions options() {
    return options(rangeBytes, rangesInFlight);
  }

  private static ReadOptions options(String rangeBytes, int rangesInFlight) {
    return new ReadOptions(
        Math.toIntExact(JavaUtils.byteStringAsBytes(rangeBytes)), rangesInFlight);
  }
}
