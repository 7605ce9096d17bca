package io.qtrace.job.report;

import java.util.Optional;

/** How the end of a shortened list says what it leaves out. */
final class More {
  private More() {}

  /** The last line of a list that {@code --all} shows whole; empty if nothing is left out. */
  static Optional<String> of(long hidden) {
    return of(hidden, "");
  }

  /**
   * @param what the list is of, in the plural
   */
  static Optional<String> of(long hidden, String what) {
    return hidden <= 0
        ? Optional.empty()
        : Optional.of(
            "and %d more%s (--all shows them)".formatted(hidden, what.isEmpty() ? "" : " " + what));
  }
}
