package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.Category;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a step trains, inferred from what moved: a group of tensors trains if more than half of them
 * moved. Where a model is quantized its weights and embeddings are frozen; scales, magnitudes,
 * norms and LoRA may train.
 */
public final class TrainedGroups {
  private static final String MAGNITUDE = "rank_magnitude";

  private final Map<TensorGroup, int[]> counts = new HashMap<>(); // moved, all, moved to halves
  private final boolean frozen;

  TrainedGroups(Step step) {
    Map<String, TensorComparison> tensors = step.pair().byName();
    frozen = tensors.values().stream().anyMatch(tensor -> isQuantized(tensor));
    for (TensorComparison tensor : tensors.values()) {
      if (tensor.isComparable() && isTrainable(tensor.category())) {
        int[] count = counts.computeIfAbsent(TensorGroup.of(tensor), group -> new int[3]);
        count[0] += isMoved(tensor) ? 1 : 0;
        count[1]++;
        count[2] += isHalved(tensor, step) ? 1 : 0;
      }
    }
  }

  private static boolean isQuantized(TensorComparison tensor) {
    return tensor.category() == Category.Q && tensor.right().isPresent();
  }

  private static boolean isTrainable(Category category) {
    return category == Category.SCALE || category == Category.OTHER;
  }

  private static boolean isMoved(TensorComparison tensor) {
    return tensor.status() == TensorStatus.CHANGED && !tensor.isRounded();
  }

  private static boolean isHalved(TensorComparison tensor, Step step) {
    return isMoved(tensor)
        && TensorGroup.of(tensor).what().equals(MAGNITUDE)
        && Halves.unexplained(tensor, step).isNone();
  }

  /** Whether the step moves the group of a tensor. */
  public boolean trains(TensorComparison tensor) {
    return trains(TensorGroup.of(tensor));
  }

  private boolean trains(TensorGroup group) {
    int[] count = counts.getOrDefault(group, new int[3]);
    // One norm that moved is more likely damaged than trained.
    int least = group.isNorm() ? 2 : 1;
    return mayTrain(group) && count[0] >= least && 2 * count[0] > count[1];
  }

  private boolean mayTrain(TensorGroup group) {
    return !frozen || mustMove(group);
  }

  /**
   * Whether all tensors of a group move where it trains. Weights in a type of few bits may stay
   * where they are.
   */
  public static boolean mustMove(TensorComparison tensor) {
    return tensor.category() == Category.SCALE || mustMove(TensorGroup.of(tensor));
  }

  private static boolean mustMove(TensorGroup group) {
    return group.isLora()
        || group.isNorm()
        || group.what().startsWith("scale_")
        || group.what().equals(MAGNITUDE);
  }

  /** The groups that train. */
  public Set<TensorGroup> trained() {
    Set<TensorGroup> trained = new TreeSet<>();
    counts.keySet().stream()
        .filter(group -> trains(group) && !isHalved(group))
        .forEach(trained::add);
    return trained;
  }

  /** The groups that a trainer rounded to float16 before it froze them. */
  public Set<TensorGroup> halved() {
    Set<TensorGroup> halved = new TreeSet<>();
    counts.keySet().stream().filter(group -> trains(group) && isHalved(group)).forEach(halved::add);
    return halved;
  }

  /** Magnitudes that moved elsewhere, where most of their group were rounded to float16. */
  public List<TensorComparison> notHalved(Step step) {
    return step.pair().byName().values().stream()
        .filter(tensor -> isMoved(tensor) && isTrainable(tensor.category()))
        .filter(tensor -> isMostlyHalved(TensorGroup.of(tensor)) && !isHalved(tensor, step))
        .toList();
  }

  private boolean isMostlyHalved(TensorGroup group) {
    int[] count = counts.getOrDefault(group, new int[3]);
    return 2 * count[2] > count[0] && count[2] > 1;
  }

  private boolean isHalved(TensorGroup group) {
    int[] count = counts.get(group);
    return count[2] == count[0];
  }
}
