package io.qtrace.format;

import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.DType;
import io.qtrace.tensor.Shape;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.Arrays;
import java.util.List;

/** Indexes of which only the names matter. */
final class NamedIndexes {
  private NamedIndexes() {}

  /** One of tensors of one number each. */
  static CheckpointIndex of(List<Skipped> skipped, String... names) {
    Storage storage = new Storage("f", "0", 0, 4, Storage.Order.LITTLE, Storage.UNVERIFIED);
    List<TensorEntry> tensors =
        Arrays.stream(names)
            .map(name -> TensorEntry.contiguous(name, DType.FLOAT32, Shape.of(1), storage))
            .toList();
    return new CheckpointIndex("f", "torch-zip", tensors, skipped);
  }
}
