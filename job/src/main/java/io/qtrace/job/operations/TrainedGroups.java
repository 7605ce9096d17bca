package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a step trains, inferred from what moved: a group of tensors trains if more than half of them
 * moved, or if several did and rounding may hide that the others do. In a quantized model weights
 * and embeddings are frozen; scales, magnitudes, norms and LoRA factors may train.
 */
public final class TrainedGroups {
  // Probability that a tensor stays by chance; large archives have a million such cases.
  private static final double CHANCE = 1e-6;

  private static final Members NONE = new Members();

  private final Map<TensorGroup, Members> members = new HashMap<>();
  private final Set<String> halves = new HashSet<>();
  private final boolean frozen;

  TrainedGroups(Step step) {
    Map<String, TensorComparison> tensors = step.pair().byName();
    frozen = tensors.values().stream().anyMatch(tensor -> isQuantized(tensor));
    for (TensorComparison tensor : tensors.values()) {
      if (tensor.isComparable() && isTrainable(tensor.category())) {
        Members some = members.computeIfAbsent(TensorGroup.of(tensor), group -> new Members());
        (isMoved(tensor) ? some.moved : some.still).add(tensor);
        if (isHalved(tensor, step)) {
          some.halved++;
          halves.add(tensor.name());
        }
      }
    }
  }

  /** The tensors of a group. */
  private static final class Members {
    private final List<TensorComparison> moved = new ArrayList<>();
    private final List<TensorComparison> still = new ArrayList<>();
    private int halved; // number of those that moved

    boolean mostlyMoved() {
      return moved.size() > still.size();
    }

    // The smallest share of changed elements among tensors that moved.
    double share() {
      return moved.stream()
          .flatMap(tensor -> tensor.compared().stream())
          .mapToDouble(stats -> (double) stats.changedElements() / stats.elements())
          .min()
          .orElse(1);
    }
  }

  private Members members(TensorGroup group) {
    return members.getOrDefault(group, NONE);
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
        && TensorGroup.of(tensor).what().equals(LayerNames.MAGNITUDE)
        && Halves.unexplained(tensor, step).isNone();
  }

  /**
   * Whether rounding may hide that an unchanged tensor trains: its dtype has 16 bits or fewer, and
   * enough elements of others in its group stayed that all of its elements may have.
   */
  public boolean mayStay(TensorComparison tensor) {
    return tensor.right().filter(TrainedGroups::isNarrow).isPresent()
        && Math.pow(1 - members(TensorGroup.of(tensor)).share(), (double) tensor.elements())
            > CHANCE;
  }

  private static boolean isNarrow(TensorFacts tensor) {
    return tensor.dtype().isFloat() && tensor.dtype().bytes() < DType.FLOAT32.bytes();
  }

  /** Whether the step trains the group of a tensor. */
  public boolean trains(TensorComparison tensor) {
    return trains(TensorGroup.of(tensor));
  }

  private boolean trains(TensorGroup group) {
    Members some = members(group);
    // One norm that moved is more likely damaged than trained.
    int least = group.isNorm() ? 2 : 1;
    return mayTrain(group)
        && (some.mostlyMoved()
            ? some.moved.size() >= least
            : (some.moved.size() > least || (!some.moved.isEmpty() && factorsTrain(group)))
                && some.still.stream().allMatch(this::mayStay));
  }

  // Whether a group is of the magnitudes of factors that train: then those train that moved.
  private boolean factorsTrain(TensorGroup group) {
    return group.what().equals(LayerNames.MAGNITUDE)
        && members(new TensorGroup(LayerNames.SCALE_A, group.part())).mostlyMoved()
        && members(new TensorGroup(LayerNames.SCALE_B, group.part())).mostlyMoved();
  }

  private boolean mayTrain(TensorGroup group) {
    return !frozen || mustMove(group);
  }

  /** Whether all tensors of a trained group must move. Weights in low-precision dtypes may stay. */
  public static boolean mustMove(TensorComparison tensor) {
    return tensor.category() == Category.SCALE || mustMove(TensorGroup.of(tensor));
  }

  private static boolean mustMove(TensorGroup group) {
    return group.isLora()
        || group.isNorm()
        || group.what().equals(LayerNames.SCALE_A)
        || group.what().equals(LayerNames.SCALE_B)
        || group.what().equals(LayerNames.MAGNITUDE);
  }

  /** The groups that train. */
  public Set<TensorGroup> trained() {
    Set<TensorGroup> trained = new TreeSet<>();
    members.keySet().stream()
        .filter(group -> trains(group) && !isHalved(group))
        .forEach(trained::add);
    return trained;
  }

  /** Whether a magnitude is the parent's rounded to float16. */
  public boolean isHalved(TensorComparison tensor) {
    return halves.contains(tensor.name());
  }

  /** The groups that the trainer rounded to float16 before freezing them. */
  public Set<TensorGroup> halved() {
    Set<TensorGroup> halved = new TreeSet<>();
    members.keySet().stream()
        .filter(group -> trains(group) && isHalved(group))
        .forEach(halved::add);
    return halved;
  }

  /**
   * Magnitudes that changed in another way although most of their group were rounded to float16.
   */
  public List<TensorComparison> notHalved(Step step) {
    return step.pair().byName().values().stream()
        .filter(tensor -> isMoved(tensor) && isTrainable(tensor.category()))
        .filter(tensor -> isMostlyHalved(TensorGroup.of(tensor)) && !isHalved(tensor))
        .toList();
  }

  private boolean isMostlyHalved(TensorGroup group) {
    Members some = members(group);
    return 2 * some.halved > some.moved.size() && some.halved > 1;
  }

  private boolean isHalved(TensorGroup group) {
    return members(group).halved == members(group).moved.size();
  }
}
