package io.qtrace.job.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.Ulps;
import io.qtrace.io.ObjectStore;
import io.qtrace.kernel.Mismatches;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.Set;

/** Numbers of one layer that are recomputed from a checkpoint's data, in ranges of rows. */
public interface Recomputation extends Serializable {
  /** Why they cannot be recomputed; empty where they can, and only then the rest has a meaning. */
  Optional<String> obstacle();

  /** URIs of the files that it reads. */
  Set<String> files();

  long rows();

  /** Bytes that are read for one row. */
  long rowBytes();

  /**
   * Recomputes rows {@code [from, to)}.
   *
   * @param memoryBytes most off-heap memory that it may hold
   */
  Result run(ObjectStore store, long memoryBytes, ReadOptions options, long from, long to)
      throws IOException;

  /**
   * What some rows give.
   *
   * @param others elements that are not as recomputed, each with the number that is
   * @param rounded elements that are, but for rounding
   * @param bytesRead bytes asked of the files
   */
  record Result(Mismatches others, Ulps rounded, long bytesRead) implements Serializable {}
}
