package io.qtrace.io;

/**
 * Counts the memory that one checkpoint's index takes against its {@link ReadLimits}. What was
 * counted is not given back: readers keep nearly all of it to the end. Not thread safe.
 */
public final class ReadBudget {
  private final ReadLimits limits;
  private long fileBytes;
  private long memoryBytes;

  public ReadBudget(ReadLimits limits) {
    this.limits = limits;
  }

  public ReadLimits limits() {
    return limits;
  }

  /** Counts a file of the checkpoint: a large one may have a large index. */
  public void open(long bytes) {
    fileBytes += bytes;
  }

  /**
   * Counts memory before it is taken.
   *
   * @param position byte of the file that asks for it
   * @throws FormatException if the checkpoint takes more than it may
   */
  public void take(String file, long position, long bytes) throws FormatException {
    memoryBytes += bytes;
    long most = limits.memoryBytes(fileBytes);
    if (memoryBytes > most) {
      throw ReadLimits.exceeded(
          file, position, "memory", "its index takes more than %d bytes of memory".formatted(most));
    }
  }
}
