package io.qtrace.job.judge;

import io.qtrace.job.compare.TensorComparison;

/** Changes of dtype as text. */
final class Casts {
  private Casts() {}

  /** Such as {@code int64 -> int16, same numbers}. */
  static String text(TensorComparison tensor) {
    return "%s -> %s, %s"
        .formatted(
            tensor.left().orElseThrow().dtype().label(),
            tensor.right().orElseThrow().dtype().label(),
            tensor.isChanged() ? "numbers rounded or changed" : "same numbers");
  }
}
