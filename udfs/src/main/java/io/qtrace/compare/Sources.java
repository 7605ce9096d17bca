package io.qtrace.compare;

import io.qtrace.io.FormatException;
import io.qtrace.io.PendingRead;
import io.qtrace.io.RangeSource;
import java.io.IOException;

/** The files of a task. */
interface Sources {
  /** The file, valid until the next call. */
  RangeSource open(String file) throws IOException, Unreadable;

  /** Thrown if a file cannot be read for a reason that concerns only this file. */
  final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String reason, Throwable cause) {
      super(reason, cause);
    }
  }

  /** Reads from a file. */
  interface Reading<T> {
    T from(RangeSource source) throws IOException;
  }

  /**
   * Reads from a file.
   *
   * @throws Unreadable if the failure is the file's own
   */
  default <T> T read(String file, FailureReason reasons, Reading<T> reading)
      throws IOException, Unreadable {
    return attempt(file, reasons, () -> reading.from(open(file)));
  }

  /**
   * Waits for ranges of a file that were asked for.
   *
   * @throws Unreadable if the failure is the file's own
   */
  static void await(String file, FailureReason reasons, PendingRead read)
      throws IOException, Unreadable {
    attempt(
        file,
        reasons,
        () -> {
          read.await();
          return read;
        });
  }

  /** What reads a file. */
  interface Attempt<T> {
    T run() throws IOException, Unreadable;
  }

  /**
   * Does what reads a file.
   *
   * @throws Unreadable if the failure is the file's own
   */
  static <T> T attempt(String file, FailureReason reasons, Attempt<T> attempt)
      throws IOException, Unreadable {
    try {
      return attempt.run();
    } catch (FormatException e) {
      throw new Unreadable(e.getMessage(), e);
    } catch (IOException e) {
      throw new Unreadable(reasons.of(file, e).orElseThrow(() -> e), e);
    }
  }
}
