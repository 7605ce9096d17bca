package io.qtrace.job.audit.stage;

import io.qtrace.compare.TensorStatus;
import io.qtrace.job.audit.policy.Category;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pair of checkpoints compared: every tensor name of either side, in the left file's order, then
 * those of the right file alone.
 */
public record PairComparison(List<TensorComparison> tensors) {
  public PairComparison {
    tensors = List.copyOf(tensors);
  }

  public Stream<TensorComparison> of(Category category) {
    return tensors.stream().filter(tensor -> tensor.category() == category);
  }

  /** How many tensors have each status; statuses that none has are left out. */
  public Map<TensorStatus, Integer> summary() {
    Map<TensorStatus, Integer> counts = new EnumMap<>(TensorStatus.class);
    tensors.forEach(tensor -> counts.merge(tensor.status(), 1, Integer::sum));
    return counts;
  }

  public int count(TensorStatus status) {
    return summary().getOrDefault(status, 0);
  }

  public Optional<TensorComparison> tensor(String name) {
    return tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst();
  }
}
