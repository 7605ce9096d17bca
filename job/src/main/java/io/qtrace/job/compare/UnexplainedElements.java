package io.qtrace.job.compare;

import io.qtrace.kernel.Mismatches;
import java.io.Serializable;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Elements of a tensor that an explanation does not reproduce.
 *
 * @param elements number of elements
 * @param first index in C order of the first one; empty if there is none
 */
public record UnexplainedElements(long elements, Optional<Long> first) implements Serializable {
  /** Everything is reproduced. */
  public static final UnexplainedElements NONE = new UnexplainedElements(0, Optional.empty());

  public UnexplainedElements {
    Objects.requireNonNull(first, "first");
    if (elements < 0 || (elements == 0) != first.isEmpty()) {
      throw new IllegalArgumentException(
          "Invalid unexplained elements: %d, first %s".formatted(elements, first));
    }
  }

  /** A number of elements; {@code first} is ignored if there are none. */
  public static UnexplainedElements of(long elements, long first) {
    return elements == 0 ? NONE : new UnexplainedElements(elements, Optional.of(first));
  }

  /** Elements that deviate from the explanation. */
  public static UnexplainedElements of(Mismatches deviations) {
    return of(deviations.count(), deviations.first());
  }

  /** These and others of the same tensor. */
  public UnexplainedElements plus(UnexplainedElements other) {
    return new UnexplainedElements(
        elements + other.elements,
        Stream.of(first, other.first).flatMap(Optional::stream).min(Long::compare));
  }

  public boolean isNone() {
    return elements == 0;
  }
}
