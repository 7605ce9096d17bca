package io.qtrace.compare;

import java.io.IOException;
import java.util.Optional;

/** Decides which failures to read a file concern only that file. */
@FunctionalInterface
public interface FailureReason {
  /** No failure does. */
  FailureReason NONE = (file, failure) -> Optional.empty();

  /**
   * Why the file cannot be read, for example because it was modified meanwhile; empty if the
   * failure does not concern only the file, so that it ends the task.
   *
   * @param file URI as the tensor has it
   * @param failure other than a {@link io.qtrace.io.FormatException}, which always is the file's
   */
  Optional<String> of(String file, IOException failure) throws IOException;
}
