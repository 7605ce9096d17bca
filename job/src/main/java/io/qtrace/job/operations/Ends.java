package io.qtrace.job.operations;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.Map;
import java.util.Optional;

/**
 * Where the tensors of both checkpoints of a step are.
 *
 * @param ofParent by name
 * @param ofChild by name
 */
public record Ends(Map<String, TensorEntry> ofParent, Map<String, TensorEntry> ofChild) {
  /** Ends of which nothing is known. */
  public static final Ends NONE = new Ends(Map.of(), Map.of());

  public static Ends of(CheckpointIndex parent, CheckpointIndex child) {
    return new Ends(parent.byName(), child.byName());
  }

  Optional<TensorEntry> parent(String name) {
    return Optional.ofNullable(ofParent.get(name));
  }

  Optional<TensorEntry> child(String name) {
    return Optional.ofNullable(ofChild.get(name));
  }
}
