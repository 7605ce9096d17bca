package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStats;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known of a checkpoint before its data is read: its small tensors, and a CRC-32 of others.
 * Parents guessed from it settle nothing but what is compared while the data passes: equal CRCs are
 * no proof, and what the guess missed is compared later.
 */
final class ParentGuess {
  // Of numbers that were not looked at.
  private static final TensorStats UNKNOWN =
      new TensorStats(Double.NaN, Double.NaN, Double.NaN, 0, 0, 0);

  private ParentGuess() {}

  /** The tensors of which every value is kept, which are enough to tell LUTs and nearness. */
  static CheckpointIndex small(CheckpointIndex index) {
    List<TensorEntry> few =
        index.tensors().stream().filter(tensor -> tensor.elements() <= Measure.MAX_VALUES).toList();
    return new CheckpointIndex(index.path(), index.format(), few, List.of());
  }

  /**
   * Provisional facts of all tensors, by name.
   *
   * @param small facts of the small ones
   */
  static Map<String, TensorFacts> facts(
      CheckpointIndex index, Map<String, TensorFacts> small, CategoryRules categories) {
    Map<String, TensorFacts> facts = new TreeMap<>(small);
    for (TensorEntry tensor : index.tensors()) {
      facts.computeIfAbsent(
          tensor.name(),
          name ->
              new TensorFacts(
                  name,
                  categories.of(name),
                  tensor.dtype(),
                  tensor.shape(),
                  content(tensor),
                  UNKNOWN,
                  List.of(),
                  Optional.empty()));
    }
    return facts;
  }

  // Equal for tensors that are likely equal.
  private static String content(TensorEntry tensor) {
    Storage storage = tensor.storage();
    return storage.crc32() == Storage.UNVERIFIED
        ? "of %s %s".formatted(storage.file(), tensor.name())
        : "crc %08x, %s %d".formatted(storage.crc32(), tensor.stride(), tensor.offset());
  }
}
