package io.qtrace.job.text;

import org.apache.hadoop.util.StringUtils;

/** Sizes and durations in the units that people use. */
public final class Units {
  private static final int MINUTE = 60;

  private Units() {}

  /** Bytes as {@code ls -h} counts them, such as 8.02 MB. */
  public static String size(long bytes) {
    return StringUtils.byteDesc(bytes);
  }

  /** Seconds, minutes, or hours and minutes, depending on the length. */
  public static String duration(double seconds) {
    long whole = Math.round(seconds);
    long minutes = whole / MINUTE;
    return whole < MINUTE
        ? whole + " s"
        : minutes < MINUTE
            ? minutes + " min"
            : "%d h %d min".formatted(minutes / MINUTE, minutes % MINUTE);
  }
}
