package io.qtrace.job.report;

import io.qtrace.io.Amount;
import java.util.Optional;

/** The last line of a shortened list, which says how much it leaves out. */
final class More {
  private More() {}

  /** The last line of a list that {@code --all} shows in full; empty if nothing is left out. */
  static Optional<String> of(long hidden) {
    return line(hidden, hidden + " more");
  }

  /**
   * @param noun what the list is of, in the singular
   */
  static Optional<String> of(long hidden, String noun) {
    return line(hidden, Amount.of(hidden, "more " + noun));
  }

  /**
   * @param noun what the list is of, in the singular
   * @param which what is left out, in a few words
   */
  static Optional<String> of(long hidden, String noun, String which) {
    return line(hidden, "%s, %s".formatted(Amount.of(hidden, "more " + noun), which));
  }

  private static Optional<String> line(long hidden, String what) {
    return hidden <= 0 ? Optional.empty() : Optional.of("and %s (--all shows all)".formatted(what));
  }
}
