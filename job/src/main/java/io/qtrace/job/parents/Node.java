package io.qtrace.job.parents;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.operations.Side;

/** A checkpoint with what transitions need of it, computed once. */
record Node(Side side, MovingNumbers numbers) {
  static Node of(CheckpointFacts facts) {
    Side side = new Side(facts);
    return new Node(side, MovingNumbers.of(side));
  }
}
