package io.qtrace.job.operations;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.CheckResult;
import io.qtrace.compare.LayerRows;
import io.qtrace.compare.RowCheck;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The recomputation of numbers of one layer.
 *
 * @param missing name of a missing tensor; empty if none is missing
 * @param check of the numbers; empty if a tensor is missing
 */
record LayerRecomputation(Optional<String> missing, Optional<RowCheck> check)
    implements Recomputation {
  /** A check of tensors that were looked up. */
  static LayerRecomputation of(Ends ends, Function<LayerTensors, RowCheck> check) {
    try {
      return new LayerRecomputation(
          Optional.empty(), Optional.of(check.apply(new LayerTensors(ends))));
    } catch (LayerTensors.Missing missing) {
      return new LayerRecomputation(Optional.of(missing.getMessage()), Optional.empty());
    }
  }

  @Override
  public Optional<String> obstacle() {
    return missing.map("no "::concat).or(() -> check.orElseThrow().obstacle());
  }

  @Override
  public Set<String> files() {
    return check.orElseThrow().files();
  }

  @Override
  public long rows() {
    return check.orElseThrow().target().shape().sizes().get(0);
  }

  @Override
  public long rowBytes() {
    TensorEntry target = check.orElseThrow().target();
    return 2 * target.shape().sizes().get(1) * target.dtype().bytes();
  }

  @Override
  public Result run(ObjectStore store, long memoryBytes, ReadOptions options, long from, long to)
      throws IOException {
    try (LayerRows rows = new LayerRows(store, memoryBytes, options)) {
      CheckResult found = check.orElseThrow().run(rows, from, to);
      return new Result(found.others(), found.rounded(), rows.bytesRead());
    }
  }
}
