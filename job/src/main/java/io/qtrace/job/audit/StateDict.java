package io.qtrace.job.audit;

import io.qtrace.io.FormatException;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where a trainer's file keeps the model's own tensors. */
public final class StateDict {
  private static final List<String> WRAPPERS = List.of("model_state_dict.", "state_dict.");

  private StateDict() {}

  /**
   * The same tensors under the names that the model gives them, so that a trainer's file compares
   * with a bare state dict.
   *
   * @throws FormatException if two tensors would have one name
   */
  public static CheckpointIndex unwrap(CheckpointIndex index) throws FormatException {
    Set<String> names = new HashSet<>();
    for (TensorEntry tensor : index.tensors()) {
      if (!names.add(unwrap(tensor.name()))) {
        throw new FormatException(
            index.path(), 0, "Invalid names: '" + unwrap(tensor.name()) + "' in two state dicts");
      }
    }
    return new CheckpointIndex(
        index.path(),
        index.format(),
        index.tensors().stream().map(tensor -> tensor.withName(unwrap(tensor.name()))).toList(),
        index.skipped().stream()
            .map(s -> new CheckpointIndex.Skipped(unwrap(s.name()), s.reason()))
            .toList());
  }

  private static String unwrap(String name) {
    return WRAPPERS.stream()
        .filter(name::startsWith)
        .findFirst()
        .map(wrapper -> name.substring(wrapper.length()))
        .orElse(name);
  }
}
