package io.qtrace.job.progress;

/**
 * How far a stage has come.
 *
 * @param name what is going on, such as {@code comparing}
 * @param unit what is counted, such as {@code checkpoints} or {@code steps}
 * @param done how many of {@code total} are done
 * @param bytes of them that were worked through, of {@code totalBytes}; 0 of 0 where bytes do not
 *     matter
 */
public record Stage(String name, String unit, long done, long total, long bytes, long totalBytes) {
  public Stage {
    check("done", done, total);
    check("bytes", bytes, totalBytes);
  }

  /** A stage that reads nothing worth counting. */
  public static Stage of(String name, String unit, long done, long total) {
    return new Stage(name, unit, done, total, 0, 0);
  }

  /** The part that is done, 0 to 1: of the bytes, where there are any. */
  public double fraction() {
    long whole = totalBytes > 0 ? totalBytes : total;
    return whole == 0 ? 1 : (double) (totalBytes > 0 ? bytes : done) / whole;
  }

  private static void check(String what, long part, long whole) {
    if (part < 0 || part > whole) {
      throw new IllegalArgumentException(
          "Invalid %s: %d, expected 0 to %d".formatted(what, part, whole));
    }
  }
}
