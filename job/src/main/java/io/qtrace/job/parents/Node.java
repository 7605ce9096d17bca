package io.qtrace.job.parents;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.Damage;
import io.qtrace.job.operations.Side;
import java.util.Set;

/** A checkpoint with what transitions need of it, computed once. */
record Node(Side side, MovingNumbers numbers, Set<String> damaged) {
  static Node of(CheckpointFacts facts) {
    Side side = new Side(facts);
    return new Node(side, MovingNumbers.of(side), Damage.of(facts));
  }
}
