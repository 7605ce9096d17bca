package io.qtrace.job.audit.cause;

import io.qtrace.kernel.Deviations;
import java.util.Objects;
import java.util.Optional;

/**
 * Elements that an explanation does not reproduce.
 *
 * @param elements how many
 * @param first index in C order of the first one; empty when there is none
 */
public record Residual(long elements, Optional<Long> first) {
  /** Everything is reproduced. */
  public static final Residual NONE = new Residual(0, Optional.empty());

  public Residual {
    Objects.requireNonNull(first, "first");
    if (elements < 0 || (elements == 0 && first.isPresent())) {
      throw new IllegalArgumentException(
          "Invalid residual: %d elements, first %s".formatted(elements, first));
    }
  }

  /** Elements that deviate from what the explanation says. */
  public static Residual of(Deviations deviations) {
    return deviations.count() == 0
        ? NONE
        : new Residual(deviations.count(), Optional.of(deviations.first()));
  }

  public boolean isNone() {
    return elements == 0;
  }
}
