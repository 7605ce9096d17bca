package io.qtrace.io;

import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * Limits for indexing a checkpoint, so that a small file cannot take much time or memory. A file
 * that exceeds one is refused with the limit's name.
 *
 * @param memoryBytes heap for an index and everything read to make it; for files of several
 *     gigabytes a sixteenth of their size, up to a gigabyte
 * @param opcodes opcodes in one pickle: about 30 per tensor
 * @param depth nesting depth of containers
 * @param nameCharacters characters in a tensor's name
 * @param viewBytes bytes of distinct views beyond four times the size of the storages that they
 *     share; further views are not compared
 */
public record ReadLimits(
    long memoryBytes, int opcodes, int depth, int nameCharacters, long viewBytes)
    implements Serializable {
  private static final int FILE_SHARE = 16;
  private static final long MOST_OF_A_LARGE_FILE = 1L << 30;

  public static final ReadLimits DEFAULT =
      new ReadLimits(192L << 20, 4_000_000, 10_000, 1 << 16, 256L << 20);

  // Settings of Hadoop's configuration, which reaches every task that reads.
  private static final String MEMORY = "qtrace.limits.memory";
  private static final String OPCODES = "qtrace.limits.opcodes";
  private static final String DEPTH = "qtrace.limits.depth";
  private static final String NAME_CHARACTERS = "qtrace.limits.name-characters";
  private static final String VIEW_BYTES = "qtrace.limits.view-bytes";

  public ReadLimits {
    if (memoryBytes <= 0 || opcodes <= 0 || depth <= 0 || nameCharacters <= 0 || viewBytes < 0) {
      throw new IllegalArgumentException("Invalid limits: expected more than 0 of each");
    }
  }

  /**
   * The limits of a configuration, {@code qtrace.limits.memory} and so on, sizes as Hadoop writes
   * them ({@code 192m}); others have their defaults.
   *
   * @throws IllegalArgumentException if one is not a number or not more than 0
   */
  public static ReadLimits of(Configuration hadoop) {
    return new ReadLimits(
        hadoop.getLongBytes(MEMORY, DEFAULT.memoryBytes),
        hadoop.getInt(OPCODES, DEFAULT.opcodes),
        hadoop.getInt(DEPTH, DEFAULT.depth),
        hadoop.getInt(NAME_CHARACTERS, DEFAULT.nameCharacters),
        hadoop.getLongBytes(VIEW_BYTES, DEFAULT.viewBytes));
  }

  /** Sets these limits in a configuration, and returns it. */
  public Configuration addTo(Configuration hadoop) {
    hadoop.setLong(MEMORY, memoryBytes);
    hadoop.setInt(OPCODES, opcodes);
    hadoop.setInt(DEPTH, depth);
    hadoop.setInt(NAME_CHARACTERS, nameCharacters);
    hadoop.setLong(VIEW_BYTES, viewBytes);
    return hadoop;
  }

  /** Heap that the index of a checkpoint may take, given the size of its files. */
  long memoryBytes(long fileBytes) {
    return Math.max(memoryBytes, Math.min(fileBytes / FILE_SHARE, MOST_OF_A_LARGE_FILE));
  }

  /**
   * The exception for a file that exceeds a limit.
   *
   * @param limit its name in the settings
   * @param what exceeds the limit, and the limit
   */
  public static FormatException exceeded(String file, long position, String limit, String what) {
    return new FormatException(
        file, position, "Unsupported file: %s (limit %s)".formatted(what, limit));
  }
}
