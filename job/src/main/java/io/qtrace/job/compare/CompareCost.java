package io.qtrace.job.compare;

import java.io.Serializable;

/**
 * What it took to find a result. It travels with the result, so that it counts once however often
 * Spark runs a task, which a sum over tasks does not.
 *
 * @param bytesRead bytes of checkpoints asked of the object store
 * @param tensorsCompared pairs of tensors whose bytes were compared
 */
record CompareCost(long bytesRead, long tensorsCompared) implements Serializable {
  static final CompareCost NONE = new CompareCost(0, 0);

  CompareCost plus(CompareCost other) {
    return new CompareCost(bytesRead + other.bytesRead, tensorsCompared + other.tensorsCompared);
  }
}
