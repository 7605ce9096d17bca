package io.qtrace.job.compare;

import io.qtrace.io.SafeText;
import java.util.function.Function;

/** Retries work on a checkpoint if memory runs out. */
final class MemoryRetry {
  /** Work that can be repeated. */
  @FunctionalInterface
  interface Work<T, E extends Exception> {
    T run() throws E;
  }

  private MemoryRetry() {}

  /**
   * Works on a file; if memory runs out, retries once while no other task of this process retries,
   * since others may have used the memory.
   *
   * @param what a verb for the work, for messages
   * @param failed makes a result from the reason if memory runs out again
   */
  static <T, E extends Exception> T run(
      String what, String uri, Work<T, E> work, Function<String, T> failed) throws E {
    try {
      return work.run();
    } catch (OutOfMemoryError e) {
      synchronized (MemoryRetry.class) {
        try {
          return work.run();
        } catch (OutOfMemoryError again) {
          return failed.apply(
              "Cannot %s %s: out of memory; increase --executor-memory (local: --driver-memory)"
                  .formatted(what, SafeText.of(uri)));
        }
      }
    }
  }
}
