package io.qtrace.job.operations;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.lut.Category;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Ranks operations by how much of a step each leaves unexplained. The only place that decides the
 * kind of an edge: {@code diff}, {@code explain}, the audit and the search for parents all use it.
 */
public record Classifier(Operations operations) implements Serializable {
  // The best operation must explain more than two thirds of the changes.
  private static final int EXCEPTIONS = 3;

  /**
   * How well an operation explains a step.
   *
   * @param unexplained tensors whose change the operation does not explain, in the pair's order
   * @param rounded number of tensors that were only rounded to another dtype, which it does not do
   * @param invented number of tensors that it explains but that do not follow from the parent
   * @param certain whether what it explains cannot be a coincidence
   */
  public record Fit(
      Operation operation,
      List<Unexplained> unexplained,
      int rounded,
      int invented,
      boolean certain) {
    public Fit {
      unexplained = List.copyOf(unexplained);
    }

    /** Number of tensors that it does not explain. */
    public int cost() {
      return unexplained.size() + rounded;
    }

    /** Whether it explains everything. */
    public boolean isComplete() {
      return cost() == 0;
    }
  }

  /** A tensor, and its elements that the operation does not explain. */
  public record Unexplained(String tensor, UnexplainedElements elements) {}

  /**
   * The result for a step.
   *
   * @param kind of the operation that fits best, if it fits well enough, else unknown
   * @param fits of all operations, in their order
   * @param best the operation that leaves the least unexplained; empty if none explains anything
   * @param changed number of tensors that changed
   */
  public record Outcome(EdgeKind kind, List<Fit> fits, Optional<Fit> best, int changed) {
    public Outcome {
      fits = List.copyOf(fits);
    }

    /** The tensors that the operation of a kind leaves unexplained. */
    public Stream<Unexplained> unexplained(EdgeKind of) {
      return fits.stream()
          .filter(fit -> fit.operation().kind().equals(of))
          .flatMap(fit -> fit.unexplained().stream());
    }

    /**
     * Number of tensors that the best operation leaves unexplained; all that changed if there is
     * none.
     */
    public int unexplained() {
      return best.map(fit -> fit.unexplained().size()).orElse(changed);
    }

    /** The same, including tensors that were rounded, which the operation does not do. */
    public int cost() {
      return best.map(Fit::cost).orElse(changed);
    }

    /**
     * Number of tensors that the best operation explains but that do not follow from the parent.
     */
    public int invented() {
      return best.map(Fit::invented).orElse(0);
    }
  }

  /** Determines what each operation explains of a step, and which explains the most. */
  public Outcome classify(Step step) {
    List<TensorComparison> others =
        step.differing().stream()
            .filter(tensor -> tensor.isChanged() || tensor.isDtypeChanged())
            .filter(tensor -> !step.isTied(tensor))
            .toList();
    List<Unexplained> all =
        others.stream()
            .map(tensor -> new Unexplained(tensor.name(), tensor.changedElements()))
            .collect(Collectors.toUnmodifiableList()); // Fit would copy one of toList() each time
    List<Fit> fits =
        operations.all().stream()
            .map(one -> one.applies(step) ? fit(one, others, step) : new Fit(one, all, 0, 0, false))
            .toList();
    int changed = (int) others.stream().filter(Classifier::isMoved).count();
    Optional<Fit> best =
        fits.stream()
            .min(
                Comparator.comparing((Fit fit) -> !fit.certain())
                    .thenComparingInt(Fit::cost)) // the first of equals
            .filter(fit -> fit.cost() < others.size() || others.isEmpty());
    EdgeKind kind =
        best.filter(fit -> fit.isComplete() || fit.cost() * EXCEPTIONS < others.size())
            .map(fit -> fit.operation().kind())
            .orElse(EdgeKind.UNKNOWN);
    return new Outcome(kind, fits, best, changed);
  }

  private static boolean isMoved(TensorComparison tensor) {
    return tensor.isChanged() && !tensor.isRounded();
  }

  /**
   * Whether a tensor is removed indices: some tools of the recipe do not save them, since {@code
   * _Q} has the same information.
   */
  public static boolean isDropped(TensorComparison tensor) {
    return tensor.category() == Category.INDICES && tensor.status() == TensorStatus.REMOVED;
  }

  // Indices in a dtype that the operation does not write: the way back to those of the initial
  // state.
  private static boolean isOther(Operation operation, TensorComparison tensor, Step step) {
    return tensor.category() == Category.INDICES && !operation.derives(tensor, step);
  }

  // Whether a tensor has another content than a LUT that is known: one of the parent's, or one that
  // another layer has too.
  private static boolean isNew(TensorComparison tensor, Step step, Set<String> tables) {
    Optional<TensorFacts> table = tensor.right().filter(facts -> facts.category() == Category.LUT);
    return table.isEmpty()
        || (step.parent().same(table.get()).isEmpty() && tables.add(table.get().fingerprint()));
  }

  private static Fit fit(Operation operation, List<TensorComparison> others, Step step) {
    List<Unexplained> unexplained = new ArrayList<>();
    int rounded = 0;
    int invented = 0;
    Set<String> tables = new HashSet<>(); // of LUTs, which layers share
    for (TensorComparison tensor : others) {
      if (isDropped(tensor) && !operation.keepsDtypes()) {
        continue;
      }
      if (tensor.status() == TensorStatus.EQUAL || tensor.isRounded()) {
        if (operation.keepsDtypes()) {
          unexplained.add(new Unexplained(tensor.name(), tensor.changedElements()));
        } else if (tensor.isChanged() && tensor.isFloat()) {
          rounded += operation.unexplained(tensor, step).isNone() ? 0 : 1;
        } else if (!tensor.isChanged() && isOther(operation, tensor, step)) {
          rounded++;
        }
      } else {
        UnexplainedElements elements = operation.unexplained(tensor, step);
        if (!elements.isNone()) {
          unexplained.add(new Unexplained(tensor.name(), elements));
        } else if (!operation.derives(tensor, step) && isNew(tensor, step, tables)) {
          invented++;
        }
      }
    }
    return new Fit(operation, unexplained, rounded, invented, operation.isCertain(step));
  }
}
