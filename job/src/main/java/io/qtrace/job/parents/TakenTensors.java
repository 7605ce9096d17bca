package io.qtrace.job.parents;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.operations.Adapter;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.operations.Median;
import io.qtrace.job.operations.Step;
import io.qtrace.job.operations.TensorGroup;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.math3.util.MathArrays;

/**
 * Finds the tensors that a checkpoint has from another one which is not an ancestor: they changed
 * to exactly the bytes of the other's, while other tensors of their groups changed to something
 * else.
 */
final class TakenTensors {
  private static final Set<EdgeKind> FREE = Set.of(Train.KIND, Adapter.KIND, EdgeKind.UNKNOWN);

  // So many elements do not become equal by chance. The first optimizer step moves each by the
  // learning rate, up or down, and a dtype of few bits can hold few different moves.
  private static final int MANY = 64;
  private static final int NARROW = 2; // tensors of a layer
  private static final int DIFFERENT_MOVES = 3; // of fewer elements
  private static final double ALIKE = 1e-3; // relative, of moves
  private static final double FAR = 0.1; // relative, of two ends: less between runs with one seed

  // Deviation of tensors whose moves cannot be measured: as if of half or twice the size.
  private static final double UNMEASURED = Math.log(2);

  private final List<Node> parents;
  private final Node child;
  private final Node other;
  private final List<Step> steps = new ArrayList<>(); // from the parents
  private final Step aside; // from the other
  private final List<TensorFacts> taken = new ArrayList<>();
  private final Map<TensorGroup, List<TensorFacts>> own = new HashMap<>(); // others of the groups

  private TakenTensors(List<Node> parents, Node child, Node other) {
    this.parents = parents;
    this.child = child;
    this.other = other;
    parents.forEach(parent -> steps.add(Step.ofFacts(parent.side(), child.side())));
    this.aside = Step.ofFacts(other.side(), child.side());
  }

  /**
   * Finds what a checkpoint took from another.
   *
   * @param parents of the checkpoint, the nearest first; none for a root
   */
  static Evaluation.Taken of(List<Node> parents, Node child, Node other, Classifier classifier) {
    TakenTensors search = new TakenTensors(parents, child, other);
    boolean possible =
        parents.isEmpty()
            ? search.isOfAnotherModel()
            : search.steps.stream()
                .allMatch(step -> FREE.contains(classifier.classify(step).kind()));
    return possible ? search.found() : Evaluation.Taken.NOTHING;
  }

  private Evaluation.Taken found() {
    for (TensorComparison tensor : aside.pair().byName().values()) {
      if (tensor.isComparable() && isOwn(tensor.category()) && isMoved(tensor.name())) {
        TensorFacts facts = tensor.right().orElseThrow();
        if (tensor.status() == TensorStatus.IDENTICAL && isDistinct(facts)) {
          taken.add(facts);
        } else if (tensor.status() == TensorStatus.CHANGED && !tensor.isRounded()) {
          own.computeIfAbsent(group(tensor.name()), group -> new ArrayList<>()).add(facts);
        }
      }
    }
    taken.removeIf(tensor -> !own.containsKey(group(tensor.name())));
    if (taken.stream().noneMatch(this::isCertain) || !isFar()) {
      return Evaluation.Taken.NOTHING;
    }
    return new Evaluation.Taken(
        taken.stream().map(TensorFacts::name).toList(),
        parents.isEmpty() ? UNMEASURED : deviation());
  }

  // Checkpoints of one base model share its weights.
  private boolean isOfAnotherModel() {
    List<TensorComparison> weights =
        aside.pair().of(Category.OTHER).filter(one -> one.isFloat() && isLarge(one)).toList();
    long same = weights.stream().filter(one -> one.status() == TensorStatus.IDENTICAL).count();
    return aside.pair().of(Category.Q).findAny().isPresent() && 2 * same < weights.size();
  }

  private static boolean isLarge(TensorComparison tensor) {
    return tensor.isComparable() && tensor.elements() >= MANY;
  }

  private static boolean isOwn(Category category) {
    return switch (category) {
      case SCALE, LUT_DELTAS, OTHER -> true;
      case LUT, Q, INDICES -> false;
    };
  }

  // On the way from each parent.
  private boolean isMoved(String name) {
    return steps.stream().allMatch(step -> isTrained(step.tensor(name).orElseThrow(), step));
  }

  // What training adds are adapters and deltas; magnitudes that it freezes are rounded.
  private static boolean isTrained(TensorComparison tensor, Step step) {
    return switch (tensor.status()) {
      case CHANGED -> !tensor.isRounded() && !step.trained().isHalved(tensor);
      case ADDED -> tensor.category() == Category.LUT_DELTAS || TensorGroup.of(tensor).isLora();
      case IDENTICAL, EQUAL, RESHAPED, REMOVED -> false;
    };
  }

  // Not a constant, and not what other layers have too.
  private boolean isDistinct(TensorFacts tensor) {
    return tensor.stats().min() < tensor.stats().max() && child.side().held(tensor) == 1;
  }

  private TensorGroup group(String name) {
    return TensorGroup.of(aside.tensor(name).orElseThrow());
  }

  private boolean isCertain(TensorFacts tensor) {
    boolean wide = tensor.dtype().bytes() >= DType.FLOAT32.bytes();
    long elements = tensor.shape().elements();
    if (!wide) {
      String layer = LayerNames.moduleOf(tensor.name());
      return elements >= MANY
          && isMostlyMoved(tensor)
          && taken.stream().filter(one -> LayerNames.moduleOf(one.name()).equals(layer)).count()
              >= NARROW;
    }
    return elements >= MANY || (!parents.isEmpty() && differentMoves(tensor) >= DIFFERENT_MOVES);
  }

  // Where rounding hides most moves, the few that are left may be another's, or an average's.
  private boolean isMostlyMoved(TensorFacts tensor) {
    Optional<float[]> after = tensor.floats();
    Optional<float[]> before = parents.isEmpty() ? Optional.empty() : before(tensor);
    if (after.isEmpty() || before.isEmpty() || after.get().length != before.get().length) {
      return true;
    }
    int moved = 0;
    for (int i = 0; i < after.get().length; i++) {
      moved += after.get()[i] == before.get()[i] ? 0 : 1;
    }
    return 2 * moved >= after.get().length;
  }

  private int differentMoves(TensorFacts tensor) {
    Optional<float[]> after = tensor.floats();
    Optional<float[]> before = before(tensor);
    if (after.isEmpty() || before.isEmpty() || after.get().length != before.get().length) {
      return 0;
    }
    double[] moves = new double[after.get().length];
    for (int i = 0; i < moves.length; i++) {
      moves[i] = Math.abs((double) after.get()[i] - before.get()[i]);
    }
    Arrays.sort(moves);
    int different = moves[0] > 0 ? 1 : 0;
    for (int i = 1; i < moves.length; i++) {
      different += moves[i] > moves[i - 1] * (1 + ALIKE) ? 1 : 0;
    }
    return different;
  }

  // Values of the nearest parent's tensor; of deltas that it does not have those its LUT implies.
  private Optional<float[]> before(TensorFacts tensor) {
    Node parent = parents.get(0);
    return parent
        .side()
        .tensor(tensor.name())
        .map(TensorFacts::floats)
        .orElseGet(
            () ->
                LayerNames.ofDeltas(tensor.name())
                    .flatMap(parent.side()::lut)
                    .map(lut -> lut.deltasOrImplied().logits()));
  }

  // Whether the child's own tensors are not close to the other's either.
  private boolean isFar() {
    List<Double> parts = new ArrayList<>();
    own.values().stream()
        .flatMap(List::stream)
        .forEach(
            tensor -> {
              double[] here = numbers(tensor);
              double[] there = numbers(other.side().tensor(tensor.name()).orElseThrow());
              start(tensor)
                  .ifPresent(
                      start ->
                          parts.add(
                              MathArrays.distance(here, there)
                                  / (MathArrays.distance(here, start)
                                      + MathArrays.distance(there, start))));
            });
    return parts.isEmpty() || Median.of(parts) >= FAR;
  }

  // Median over the tensors taken, see Evaluation.Taken.
  private double deviation() {
    List<Double> ratios = new ArrayList<>();
    for (TensorFacts tensor : taken) {
      List<Double> others =
          own.get(group(tensor.name())).stream().flatMap(one -> move(one).stream()).toList();
      move(tensor)
          .filter(move -> !others.isEmpty() && Median.of(others) > 0)
          .ifPresent(move -> ratios.add(Math.abs(Math.log(move / Median.of(others)))));
    }
    return ratios.isEmpty() ? 0 : Median.of(ratios);
  }

  private Optional<Double> move(TensorFacts tensor) {
    double[] numbers = numbers(tensor);
    return start(tensor)
        .map(start -> MathArrays.distance(numbers, start) / Math.sqrt(numbers.length));
  }

  private Optional<double[]> start(TensorFacts tensor) {
    return parents.stream()
        .flatMap(parent -> parent.side().tensor(tensor.name()).stream())
        .findFirst()
        .map(TakenTensors::numbers)
        .filter(numbers -> numbers.length == numbers(tensor).length);
  }

  // All values of a small tensor, what is known of a large one.
  private static double[] numbers(TensorFacts tensor) {
    if (tensor.values().size() == tensor.shape().elements()) {
      return tensor.values().stream().mapToDouble(Double::doubleValue).toArray();
    }
    return new double[] {
      tensor.stats().min(),
      tensor.stats().max(),
      tensor.stats().sum() / Math.sqrt((double) tensor.shape().elements())
    };
  }
}
