package io.qtrace.io;

/**
 * Counts the memory for one checkpoint's index against its {@link ReadLimits} and the heap. Counted
 * memory is never returned, since readers keep nearly all of it to the end. Not thread safe.
 */
public final class ReadBudget {
  // A full heap makes other users of it fail too.
  private static final long HALF_OF_HEAP = Runtime.getRuntime().maxMemory() / 2;

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
   * @param position byte of the file that requires the memory
   * @throws FormatException if the checkpoint takes more than it may, or than half of the heap:
   *     then its cause is an {@link OutOfMemoryError}
   */
  public void take(String file, long position, long bytes) throws FormatException {
    memoryBytes += bytes;
    long most = limits.memoryBytes(fileBytes);
    if (memoryBytes > most) {
      throw ReadLimits.exceeded(
          file, position, "memory", "its index takes more than %d bytes of memory".formatted(most));
    }
    if (memoryBytes > HALF_OF_HEAP) {
      String reason =
          ("Cannot index file: its index takes more than %d bytes of memory, half of the heap;"
                  + " increase --driver-memory, on a cluster --executor-memory")
              .formatted(HALF_OF_HEAP);
      throw new FormatException(file, position, reason, new OutOfMemoryError(reason));
    }
  }
}
