package io.qtrace.job.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.Ulps;
import io.qtrace.io.ObjectStore;
import io.qtrace.kernel.Mismatches;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.Set;

/** A recomputation of numbers of one layer from a checkpoint's data, in ranges of rows. */
public interface Recomputation extends Serializable {
  /**
   * Why they cannot be recomputed; empty if they can. The other methods may only be called then.
   */
  Optional<String> obstacle();

  /** URIs of the files that it reads. */
  Set<String> files();

  long rows();

  /** Number of bytes read for one row. */
  long rowBytes();

  /**
   * Recomputes rows {@code [from, to)}.
   *
   * @param memoryBytes maximum off-heap memory
   */
  Result run(ObjectStore store, long memoryBytes, ReadOptions options, long from, long to)
      throws IOException;

  /**
   * The result for some rows.
   *
   * @param others elements that differ from the recomputed number
   * @param rounded elements that agree only within rounding
   * @param bytesRead bytes requested from the files
   */
  record Result(Mismatches others, Ulps rounded, long bytesRead) implements Serializable {}
}
