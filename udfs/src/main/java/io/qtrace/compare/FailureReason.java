package io.qtrace.compare;

import java.io.IOException;
import java.util.Optional;

/** Decides which failures to read a file concern that file alone. */
@FunctionalInterface
public interface FailureReason {
  /** None does. */
  FailureReason NONE = (file, failure) -> Optional.empty();

  /**
   * Why the file cannot be read, such as that it was written meanwhile; empty if the failure is not
   * the file's own, so that it ends the task.
   *
   * @param file URI as the tensor has it
   * @param failure other than a {@link io.qtrace.io.FormatException}, which always is the file's
   */
  Optional<String> of(String file, IOException failure) throws IOException;
}
