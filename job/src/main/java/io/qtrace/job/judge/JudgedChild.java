package io.qtrace.job.judge;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * The child of an edge that is judged, by its name.
 *
 * @param path below the archive's root, or as it was given
 * @param steps optimizer steps of its run, if its name states them
 */
public record JudgedChild(String path, OptionalLong steps) {
  public JudgedChild {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(steps, "steps");
  }
}
