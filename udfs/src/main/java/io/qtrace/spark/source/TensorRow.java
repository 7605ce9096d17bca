package io.qtrace.spark.source;

import io.qtrace.format.StateDictPrefix;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A row: a tensor, or a name and the reason why its tensor cannot be read.
 *
 * @param skippedReason empty if there is a tensor
 */
record TensorRow(
    CheckpointIndex index, String name, Optional<TensorEntry> tensor, String skippedReason) {
  /** Rows of a file: its tensors, then those that cannot be read. */
  static List<TensorRow> of(CheckpointIndex index) {
    return Stream.concat(
            index.tensors().stream()
                .map(tensor -> new TensorRow(index, tensor.name(), Optional.of(tensor), "")),
            index.skipped().stream()
                .filter(skipped -> !StateDictPrefix.isOutside(skipped))
                .map(one -> new TensorRow(index, one.name(), Optional.empty(), one.reason())))
        .toList();
  }
}
