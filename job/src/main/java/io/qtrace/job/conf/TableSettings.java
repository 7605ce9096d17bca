package io.qtrace.job.conf;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import org.apache.spark.network.util.JavaUtils;

/**
 * How long {@code qtrace maintain} keeps what is no longer current, times as Spark writes them
 * ({@code 90d}).
 *
 * @param snapshots earlier states of a table, for {@code --as-of}
 * @param orphans files that belong to no state, such as those of a killed audit
 */
public record TableSettings(
    @JsonProperty(value = "keep-snapshots", required = true) String snapshots,
    @JsonProperty(value = "keep-orphans", required = true) String orphans) {
  private static final Duration LEAST = Duration.ofDays(1);

  static final TableSettings DEFAULT = new TableSettings("90d", "3d");

  public TableSettings {
    JavaUtils.timeStringAsSec(snapshots);
    if (duration(orphans).compareTo(LEAST) < 0) {
      throw new IllegalArgumentException(
          "Invalid keep-orphans: %s, expected a day or more: an audit may be writing such files"
              .formatted(orphans));
    }
  }

  public Duration keepSnapshots() {
    return duration(snapshots);
  }

  public Duration keepOrphans() {
    return duration(orphans);
  }

  private static Duration duration(String text) {
    return Duration.ofSeconds(JavaUtils.timeStringAsSec(text));
  }
}
