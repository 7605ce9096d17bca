package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.qtrace.io.ReadLimits;
import org.apache.spark.network.util.JavaUtils;

/**
 * Limits for indexing a checkpoint, sizes as Spark writes them ({@code 192m}): section {@code
 * limits} of {@code conf/qtrace.yaml}, explained by {@link ReadLimits}.
 */
public record LimitSettings(
    @JsonProperty(value = "memory", required = true) String memory,
    @JsonProperty(value = "opcodes", required = true) int opcodes,
    @JsonProperty(value = "depth", required = true) int depth,
    @JsonProperty(value = "name-characters", required = true) int nameCharacters,
    @JsonProperty(value = "view-bytes", required = true) String viewBytes) {
  public LimitSettings {
    limits(memory, opcodes, depth, nameCharacters, viewBytes);
  }

  public ReadLimits limits() {
    return limits(memory, opcodes, depth, nameCharacters, viewBytes);
  }

  private static ReadLimits limits(
      String memory, int opcodes, int depth, int nameCharacters, String viewBytes) {
    return new ReadLimits(
        JavaUtils.byteStringAsBytes(memory),
        opcodes,
        depth,
        nameCharacters,
        JavaUtils.byteStringAsBytes(viewBytes));
  }
}
