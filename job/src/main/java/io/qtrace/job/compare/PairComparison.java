package io.qtrace.job.compare;

import io.qtrace.compare.TensorDiff;
import io.qtrace.compare.TensorStatus;
import io.qtrace.lut.Category;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The comparison of a pair of checkpoints.
 *
 * @param byName every tensor name of either side: in the left file's order, then those of the right
 *     file alone; not copied
 */
public record PairComparison(Map<String, TensorComparison> byName) {
  public PairComparison {
    byName = Collections.unmodifiableMap(byName);
  }

  /**
   * The comparison of a pair whose tensors were compared element by element.
   *
   * @param diffs of tensors that both sides have in one shape, by name; those of equal dtype, shape
   *     and fingerprint may be missing, they are identical
   */
  public static PairComparison measured(
      CheckpointFacts left, CheckpointFacts right, Map<String, TensorDiff> diffs) {
    return of(
        left,
        right,
        (name, before, after) ->
            TensorComparison.measured(
                category(before, after),
                before,
                after,
                diff(name, before, after, Optional.ofNullable(diffs.get(name)))));
  }

  /** The comparison of a pair from the facts of both sides alone. */
  public static PairComparison ofFacts(CheckpointFacts left, CheckpointFacts right) {
    return of(
        left,
        right,
        (name, before, after) ->
            new TensorComparison(
                name,
                category(before, after),
                before,
                after,
                likely(before, after),
                Optional.empty()));
  }

  /** Compares a tensor of one or both sides. */
  private interface Comparing {
    TensorComparison of(String name, Optional<TensorFacts> left, Optional<TensorFacts> right);
  }

  private static PairComparison of(
      CheckpointFacts left, CheckpointFacts right, Comparing comparing) {
    Map<String, TensorComparison> byName = new LinkedHashMap<>();
    NameCursor<TensorFacts> rights = new NameCursor<>(right.tensors());
    int both = 0;
    for (Map.Entry<String, TensorFacts> before : left.tensors().entrySet()) {
      Optional<TensorFacts> after = rights.find(before.getKey());
      both += after.isPresent() ? 1 : 0;
      byName.put(
          before.getKey(), comparing.of(before.getKey(), Optional.of(before.getValue()), after));
    }
    if (both < right.tensors().size()) {
      right
          .tensors()
          .forEach(
              (name, after) ->
                  byName.computeIfAbsent(
                      name, added -> comparing.of(added, Optional.empty(), Optional.of(after))));
    }
    return new PairComparison(byName);
  }

  private static Category category(Optional<TensorFacts> left, Optional<TensorFacts> right) {
    return (left.isPresent() ? left : right).orElseThrow().category();
  }

  private static TensorStatus status(Optional<TensorFacts> left, Optional<TensorFacts> right) {
    if (left.isEmpty()) {
      return TensorStatus.ADDED;
    }
    if (right.isEmpty()) {
      return TensorStatus.REMOVED;
    }
    if (left.get().isSame(right.get())) {
      return TensorStatus.IDENTICAL;
    }
    return left.get().shape().equals(right.get().shape())
        ? TensorStatus.CHANGED
        : TensorStatus.RESHAPED;
  }

  // What a wider dtype holds was not read, but is the same as far as its statistics show it.
  private static TensorStatus likely(Optional<TensorFacts> left, Optional<TensorFacts> right) {
    TensorStatus status = status(left, right);
    return status == TensorStatus.CHANGED && Rounding.isWidened(left.get(), right.get())
        ? TensorStatus.EQUAL
        : status;
  }

  private static TensorDiff diff(
      String name,
      Optional<TensorFacts> left,
      Optional<TensorFacts> right,
      Optional<TensorDiff> found) {
    return switch (status(left, right)) {
      case ADDED -> TensorDiff.added(name);
      case REMOVED -> TensorDiff.removed(name);
      case RESHAPED -> TensorDiff.reshaped(name);
      // Not read, since the fingerprints were known and equal.
      case IDENTICAL ->
          found.orElseGet(() -> TensorDiff.identical(name, right.orElseThrow().shape().elements()));
      case EQUAL, CHANGED ->
          found.orElseThrow(
              () -> new IllegalStateException("Cannot compare " + name + ": it was not read"));
    };
  }

  public List<TensorComparison> tensors() {
    return List.copyOf(byName.values());
  }

  public Stream<TensorComparison> of(Category category) {
    return byName.values().stream().filter(tensor -> tensor.category() == category);
  }

  /** The number of tensors with each status; statuses without tensors are left out. */
  public Map<TensorStatus, Integer> summary() {
    Map<TensorStatus, Integer> counts = new EnumMap<>(TensorStatus.class);
    byName.values().forEach(tensor -> counts.merge(tensor.status(), 1, Integer::sum));
    return counts;
  }

  public int count(TensorStatus status) {
    return summary().getOrDefault(status, 0);
  }

  public Optional<TensorComparison> tensor(String name) {
    return Optional.ofNullable(byName.get(name));
  }
}
