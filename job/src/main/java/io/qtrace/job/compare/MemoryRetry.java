package io.qtrace.job.compare;

import io.qtrace.io.SafeText;
import java.util.function.Function;

/** What a task does with a checkpoint that the heap may be too small for. */
final class MemoryRetry {
  /** Work that can be done again. */
  @FunctionalInterface
  interface Work<T, E extends Exception> {
    T run() throws E;
  }

  private MemoryRetry() {}

  /**
   * Does work on a file; if memory runs out, once more, when no other task of this process does the
   * same: others may have taken the memory.
   *
   * @param what is done with the file, a verb
   * @param failed makes a result of the reason if memory runs out again
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
