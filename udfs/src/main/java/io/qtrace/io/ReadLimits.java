package io.qtrace.io;

import java.io.Serializable;

/**
 * Bounds within which a checkpoint is indexed, so that a small file cannot take much time or
 * memory. A file that exceeds one is refused with the limit's name.
 *
 * @param memoryBytes heap that an index takes, with all that is read to make it; of files of some
 *     gigabytes a sixteenth of their size, up to a gigabyte
 * @param opcodes opcodes in one pickle: some 30 a tensor
 * @param depth containers within containers
 * @param nameCharacters characters of a tensor's name
 * @param viewBytes bytes of different views, beyond four times those of the storages that they
 *     share; views beyond it are not compared
 */
public record ReadLimits(
    long memoryBytes, int opcodes, int depth, int nameCharacters, long viewBytes)
    implements Serializable {
  private static final int FILE_SHARE = 16;
  private static final long MOST_OF_A_LARGE_FILE = 1L << 30;

  public static final ReadLimits DEFAULT =
      new ReadLimits(192L << 20, 4_000_000, 10_000, 1 << 16, 1L << 30);

  public ReadLimits {
    if (memoryBytes <= 0 || opcodes <= 0 || depth <= 0 || nameCharacters <= 0 || viewBytes < 0) {
      throw new IllegalArgumentException("Invalid limits: expected more than 0 of each");
    }
  }

  /** Heap that the index of a checkpoint may take whose files have so many bytes. */
  long memoryBytes(long fileBytes) {
    return Math.max(memoryBytes, Math.min(fileBytes / FILE_SHARE, MOST_OF_A_LARGE_FILE));
  }

  /**
   * The fault of a file that exceeds a limit.
   *
   * @param limit its name in the settings
   * @param what of the file is more than the limit, and the limit
   */
  public static FormatException exceeded(String file, long position, String limit, String what) {
    return new FormatException(
        file, position, "Unsupported file: %s (limit %s)".formatted(what, limit));
  }
}
