package io.qtrace.job.parents;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Step;
import io.qtrace.job.policy.EdgeKind;
import java.io.Serializable;
import java.util.Objects;

/**
 * What would have led from one checkpoint to another, as far as the facts of both show it.
 *
 * @param kind of the operation that leaves the least unexplained
 * @param shared tensors with the same dtype, shape and bytes
 * @param changed tensors that moved by more than rounding, appeared or disappeared
 * @param unexplained how many of those the operation does not explain
 * @param distance of the numbers that training moves, Euclidean
 * @param proof whether its numbers show the direction
 * @param plausible whether enough is kept that the one may come from the other at all
 */
public record Transition(
    EdgeKind kind,
    int shared,
    int changed,
    int unexplained,
    double distance,
    boolean proof,
    boolean plausible)
    implements Serializable {
  // A quarter of a layer's tensors: its LUT and _Q may be at odds, but not its indices too. What
  // was
  // quantized again from the start is not a child.
  private static final int UNEXPLAINED_PART = 4;

  public Transition {
    Objects.requireNonNull(kind, "kind");
  }

  /** What led from a parent to a child. */
  static Transition between(Node parent, Node child, Classifier classifier) {
    Step step = Step.ofFacts(parent.side(), child.side());
    Classifier.Outcome outcome = classifier.classify(step);
    int shared = 0;
    for (TensorComparison tensor : step.pair().byName().values()) {
      shared += tensor.status() == TensorStatus.IDENTICAL ? 1 : 0;
    }
    int unexplained = outcome.unexplained();
    boolean proof =
        outcome
            .best()
            .filter(fit -> fit.isComplete() && fit.operation().provesDirection())
            .isPresent();
    return new Transition(
        outcome.kind(),
        shared,
        outcome.changed(),
        unexplained,
        parent.numbers().distance(child.numbers()),
        proof,
        shared > 0 && unexplained * UNEXPLAINED_PART <= child.side().facts().tensors().size());
  }

  /** What the contents say of a declared parent. */
  static Dispute.Ruling ruling(Node inferred, Node declared, Node child, Classifier classifier) {
    Step step = Step.ofFacts(declared.side(), child.side());
    Classifier.Outcome outcome = classifier.classify(step);
    int moved = 0;
    int kept = 0;
    for (TensorComparison tensor : step.pair().byName().values()) {
      boolean explained =
          tensor.status() == TensorStatus.CHANGED
              && !tensor.isRounded()
              && outcome
                  .best()
                  .filter(fit -> fit.operation().unexplained(tensor, step).isNone())
                  .isPresent();
      if (explained) {
        moved++;
        kept +=
            inferred
                    .side()
                    .tensor(tensor.name())
                    .filter(same -> same.isSame(tensor.right().orElseThrow()))
                    .isPresent()
                ? 1
                : 0;
      }
    }
    return new Dispute.Ruling(outcome.unexplained(), 2 * kept > moved);
  }
}
