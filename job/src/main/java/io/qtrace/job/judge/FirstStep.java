package io.qtrace.job.judge;

import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import java.util.OptionalLong;

/**
 * The first optimizer step of a run. With a warm-up its learning rate is 0: it adds deltas and
 * moves nothing.
 */
final class FirstStep {
  static final String NOTE =
      "the first step changed nothing: with a warm-up, training begins with a learning rate of 0";

  private FirstStep() {}

  /**
   * Whether a step is the first of a run, and moved nothing.
   *
   * @param steps optimizer steps of the run, if known
   */
  static boolean isIdle(EdgeKind kind, Step step, OptionalLong steps) {
    return kind.equals(Train.KIND)
        && steps.isPresent()
        && steps.getAsLong() == 1
        && step.differing().stream().noneMatch(tensor -> step.isMoved(tensor.name()));
  }
}
