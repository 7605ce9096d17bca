package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.Category;
import io.qtrace.job.compare.TensorComparison;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a step trains, inferred from what moved: a group of tensors trains if more than half of them
 * moved. Where a model is quantized its weights and embeddings are frozen; scales, magnitudes,
 * norms and LoRA may train.
 */
public final class TrainedGroups {
  private final Map<TensorGroup, int[]> counts = new TreeMap<>(); // moved, all
  private final boolean frozen;

  TrainedGroups(Step step) {
    Map<String, TensorComparison> tensors = step.pair().byName();
    frozen = tensors.values().stream().anyMatch(tensor -> isQuantized(tensor));
    for (TensorComparison tensor : tensors.values()) {
      if (tensor.isComparable() && isTrainable(tensor.category())) {
        int[] count = counts.computeIfAbsent(TensorGroup.of(tensor), group -> new int[2]);
        count[0] += isMoved(tensor) ? 1 : 0;
        count[1]++;
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
    return tensor.status() == TensorStatus.CHANGED;
  }

  /** Whether the step trains the group of a tensor. */
  public boolean trains(TensorComparison tensor) {
    return trains(TensorGroup.of(tensor));
  }

  private boolean trains(TensorGroup group) {
    int[] count = counts.getOrDefault(group, new int[2]);
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
        || group.what().equals("rank_magnitude");
  }

  /** The groups that train. */
  public Set<TensorGroup> trained() {
    Set<TensorGroup> trained = new TreeSet<>();
    counts.keySet().stream().filter(this::trains).forEach(trained::add);
    return trained;
  }
}
