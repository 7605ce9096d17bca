package io.qtrace.job.parents;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Canonical;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.TensorGroup;
import io.qtrace.job.operations.Train;
import io.qtrace.job.operations.TrainedGroups;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import java.io.Serializable;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The operation that would have made one checkpoint from another, as far as the facts of both show.
 *
 * @param kind of the operation that leaves the least unexplained
 * @param shared tensors with the same dtype, shape and bytes
 * @param changed tensors that moved by more than rounding, appeared or disappeared
 * @param unexplained number of those that the operation does not explain, including those rounded
 *     to another dtype
 * @param invented tensors that do not follow from the parent though the operation explains them
 * @param distance of the numbers that training moves, Euclidean; 0 where no training did
 * @param proof whether its numbers show the direction
 * @param plausible whether enough is kept that the one may come from the other at all
 * @param mixed whether both have some tensors of a group that training moves in common, and not
 *     others
 * @param mends whether a tensor or two of the parent show damage, which the child does not have
 * @param groups hashes of the groups of tensors, even, and of the blocks of the model, odd, of
 *     which any is not the same on both sides; none where they are too many, or the child has
 *     nothing else than the parent
 */
public record Transition(
    EdgeKind kind,
    int shared,
    int changed,
    int unexplained,
    int invented,
    double distance,
    boolean proof,
    boolean plausible,
    boolean mixed,
    boolean mends,
    List<Integer> groups)
    implements Serializable {
  // A quarter of a layer's tensors: its LUT and _Q may be at odds, but not its indices too. A model
  // that was quantized again from the start is not a child.
  private static final int UNEXPLAINED_PART = 4;

  // Part of the tensors that a checkpoint assembled from another's has from it.
  private static final double HELD_PART = 0.9;

  // Relative: two models that were made alike are further from each other.
  private static final double NEAR = 1.0 / 64;

  private static final int MOST_MENDED = 2; // tensors; a sync brings most up to date

  private static final int MOST_GROUPS = 64; // and as many blocks
  private static final int BLOCK = 1; // the bit that hashes of blocks have, and others do not

  // A weight counts as more than all that quantizes it: LUT, factors, magnitudes and a flag.
  private static final int WEIGHT = 8;

  // A search holds many transitions, most of the same few kinds and groups.
  private static final Canonical<EdgeKind> KINDS = new Canonical<>(64);
  private static final Canonical<List<Integer>> GROUPS = new Canonical<>(1 << 10);

  public Transition {
    kind = KINDS.of(Objects.requireNonNull(kind, "kind"));
    groups = GROUPS.of(List.copyOf(groups));
  }

  /** The same, after verification left a number of tensors unexplained. */
  Transition withUnexplained(int found) {
    return new Transition(
        kind, shared, changed, found, invented, distance, proof, plausible, mixed, mends, groups);
  }

  /** The transition from a parent to a child. */
  static Transition between(Node parent, Node child, Classifier classifier) {
    Step step = Step.ofFacts(parent.side(), child.side());
    Classifier.Outcome outcome = classifier.classify(step);
    Map<TensorStatus, Integer> statuses = step.pair().summary();
    int shared = statuses.getOrDefault(TensorStatus.IDENTICAL, 0);
    boolean related =
        step.pair().byName().values().stream().anyMatch(Transition::isKept)
            || isPartlyRounded(step);
    int unexplained =
        unexplained(parent, child, outcome, shared, statuses.getOrDefault(TensorStatus.REMOVED, 0));
    boolean proof =
        outcome
            .best()
            .filter(fit -> fit.isComplete() && fit.operation().provesDirection())
            .isPresent();
    double distance = parent.numbers().distance(child.numbers());
    boolean weights = isOfWeights(outcome, step);
    boolean moved = isTraining(outcome) || outcome.best().isEmpty();
    return new Transition(
        outcome.kind(),
        shared,
        outcome.changed(),
        outcome.cost(),
        weights ? WEIGHT * outcome.invented() : outcome.invented(),
        moved ? distance : 0,
        proof,
        isPlausible(parent, child, weights, related || proof, shared, unexplained),
        isMixed(step),
        mends(parent, child),
        groups(step));
  }

  // Layers that a child lost do not make it another model's, if it has most of them as they were.
  private static int unexplained(
      Node parent, Node child, Classifier.Outcome outcome, int shared, int removed) {
    int tensors = child.side().facts().tensors().size();
    boolean most = 2 * shared >= tensors && 2 * tensors >= parent.side().facts().tensors().size();
    return most ? Math.max(0, outcome.unexplained() - removed) : outcome.unexplained();
  }

  // Models of one architecture have tables and constants in common, such as norms of ones.
  private static boolean isDistinct(TensorComparison tensor) {
    return tensor.isComparable()
        && tensor.category() != Category.LUT
        && tensor.right().filter(own -> own.stats().min() < own.stats().max()).isPresent();
  }

  private static boolean isKept(TensorComparison tensor) {
    return !tensor.isChanged() && isDistinct(tensor);
  }

  // A model saved with lower precision may share no bytes with its parent.
  private static boolean isPartlyRounded(Step step) {
    List<TensorComparison> both =
        step.pair().byName().values().stream().filter(Transition::isDistinct).toList();
    return 4 * both.stream().filter(TensorComparison::isRounded).count() >= both.size()
        && !both.isEmpty();
  }

  // What is nothing but another's tensors, under any names, comes from it wherever they are.
  private static boolean isPlausible(
      Node parent, Node child, boolean weights, boolean related, int shared, int unexplained) {
    int tensors = child.side().facts().tensors().size();
    boolean near =
        weights
            ? 2 * shared >= tensors || parent.numbers().relative(child.numbers()) <= NEAR
            : related;
    return (near && unexplained * UNEXPLAINED_PART <= tensors)
        || (shared > 0
            && 2 * unexplained <= tensors
            && parent.side().held(child.side()) >= HELD_PART * tensors);
  }

  private static boolean isMixed(Step step) {
    Set<TensorGroup> others = new HashSet<>();
    for (TensorComparison tensor : step.differing()) {
      if (tensor.status() == TensorStatus.CHANGED && isMovable(tensor) && !tensor.isRounded()) {
        others.add(TensorGroup.of(tensor));
      }
    }
    return !others.isEmpty()
        && step.pair().byName().values().stream()
            .anyMatch(
                tensor ->
                    tensor.status() == TensorStatus.IDENTICAL
                        && isMovable(tensor)
                        && others.contains(TensorGroup.of(tensor)));
  }

  private static boolean mends(Node parent, Node child) {
    if (parent.damaged().size() > MOST_MENDED) {
      return false;
    }
    for (String tensor : parent.damaged()) {
      if (!child.damaged().contains(tensor) && child.side().tensor(tensor).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isMovable(TensorComparison tensor) {
    return switch (tensor.category()) {
      case SCALE, LUT_DELTAS, OTHER -> tensor.elements() > 1;
      case LUT, Q, INDICES -> false;
    };
  }

  private static List<Integer> groups(Step step) {
    List<TensorComparison> others =
        step.differing().stream().filter(tensor -> !Classifier.isDropped(tensor)).toList();
    if (others.stream().allMatch(tensor -> tensor.right().isEmpty())) {
      return List.of();
    }
    return Stream.concat(
            hashes(others, TensorGroup::of).map(hash -> hash << 1),
            hashes(others, tensor -> TensorGroup.blockOf(tensor.name()))
                .map(hash -> hash << 1 | BLOCK))
        .sorted()
        .toList();
  }

  private static Stream<Integer> hashes(
      List<TensorComparison> tensors, Function<TensorComparison, Object> part) {
    List<Integer> hashes =
        tensors.stream()
            .map(part)
            .distinct()
            .map(one -> one.toString().hashCode())
            .distinct()
            .toList();
    return hashes.size() > MOST_GROUPS ? Stream.of() : hashes.stream();
  }

  /** Whether a child has whole groups of tensors of one parent, and all others of another. */
  static boolean isGraft(Transition ofBase, Transition ofDonor) {
    return isDivided(ofBase, ofDonor, 0);
  }

  /**
   * Whether it has whole blocks of one parent, such as decoder layers, and all others of another.
   */
  static boolean isGraftOfBlocks(Transition ofBase, Transition ofDonor) {
    return isDivided(ofBase, ofDonor, BLOCK);
  }

  private static boolean isDivided(Transition ofBase, Transition ofDonor, int kind) {
    Set<Integer> base = ofBase.of(kind);
    Set<Integer> donor = ofDonor.of(kind);
    return !base.isEmpty() && !donor.isEmpty() && Collections.disjoint(base, donor);
  }

  private Set<Integer> of(int kind) {
    return groups.stream().filter(hash -> (hash & BLOCK) == kind).collect(Collectors.toSet());
  }

  // Training of float weights explains any weights, so they must be near. Those of a quantized
  // model are frozen.
  private static boolean isOfWeights(Classifier.Outcome outcome, Step step) {
    return isTraining(outcome)
        && step.differing().stream()
            .anyMatch(
                tensor ->
                    tensor.category() == Category.OTHER
                        && tensor.status() == TensorStatus.CHANGED
                        && !tensor.isRounded()
                        && !TrainedGroups.mustMove(tensor)
                        && step.trained().trains(tensor));
  }

  /**
   * One checkpoint continues another if that saves it this part of the other's own way from where
   * both come from. Two runs from one start save little, whatever their lengths.
   */
  static final double SAVED = 0.25;

  /** What the tensor contents show about a declared parent. */
  static Dispute.Ruling ruling(Node inferred, Node declared, Node child, Classifier classifier) {
    Step step = Step.ofFacts(declared.side(), child.side());
    Classifier.Outcome outcome = classifier.classify(step);
    boolean trained = isTraining(outcome);
    boolean sibling =
        isTraining(classifier.classify(Step.ofFacts(inferred.side(), child.side())))
            && !continues(declared, inferred, child);
    return new Dispute.Ruling(
        sibling ? 0 : outcome.cost(),
        outcome.invented(),
        trained && isKept(inferred, step, outcome));
  }

  private static boolean isTraining(Classifier.Outcome outcome) {
    return outcome.best().filter(fit -> fit.operation().kind().equals(Train.KIND)).isPresent();
  }

  private static boolean continues(Node start, Node between, Node end) {
    return start.numbers().distance(end.numbers()) - between.numbers().distance(end.numbers())
        >= SAVED * start.numbers().distance(between.numbers());
  }

  // Whether most of what training would have changed has the very bytes of another checkpoint: no
  // training comes out the same twice.
  private static boolean isKept(Node other, Step step, Classifier.Outcome outcome) {
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
            other
                    .side()
                    .tensor(tensor.name())
                    .filter(same -> same.isSame(tensor.right().orElseThrow()))
                    .isPresent()
                ? 1
                : 0;
      }
    }
    return 2 * kept > moved;
  }
}
