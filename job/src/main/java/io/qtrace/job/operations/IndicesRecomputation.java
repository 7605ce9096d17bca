package io.qtrace.job.operations;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.IndicesCheck;
import io.qtrace.compare.QuantizedLayer;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.Recomputation;
import io.qtrace.kernel.Deviations;
import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Indices of a layer, recomputed from its weight and scales.
 *
 * @param missing a tensor that the child lacks; empty where it has them all
 * @param layer its tensors; empty where one is missing
 */
record IndicesRecomputation(Optional<String> missing, Optional<QuantizedLayer> layer)
    implements Recomputation {
  static IndicesRecomputation of(
      LayerNames names, Function<String, Optional<TensorEntry>> tensors) {
    List<String> needed =
        List.of(
            names.indices(),
            names.weight(),
            names.scaleA(),
            names.scaleB(),
            names.magnitude(),
            names.lut());
    Optional<String> missing =
        needed.stream().filter(name -> tensors.apply(name).isEmpty()).findFirst();
    if (missing.isPresent()) {
      return new IndicesRecomputation(missing, Optional.empty());
    }
    List<TensorEntry> found =
        needed.stream().map(name -> tensors.apply(name).orElseThrow()).toList();
    return new IndicesRecomputation(
        Optional.empty(),
        Optional.of(
            new QuantizedLayer(
                found.get(0),
                found.get(1),
                found.get(2),
                found.get(3),
                found.get(4),
                tensors.apply(names.bakedFlag()).stream().toList(),
                found.get(5))));
  }

  @Override
  public Optional<String> obstacle() {
    return missing.map("no "::concat).or(() -> layer.orElseThrow().obstacle());
  }

  @Override
  public Set<String> files() {
    return layer.orElseThrow().files();
  }

  @Override
  public long rows() {
    return layer.orElseThrow().out();
  }

  @Override
  public long rowBytes() {
    QuantizedLayer tensors = layer.orElseThrow();
    return tensors.in() * (tensors.weight().dtype().bytes() + tensors.indices().dtype().bytes());
  }

  @Override
  public Result run(ObjectStore store, long memoryBytes, ReadOptions options, long from, long to)
      throws IOException {
    try (IndicesCheck check = new IndicesCheck(store, memoryBytes, options)) {
      Deviations others = check.run(layer.orElseThrow(), from, to);
      return new Result(others, check.bytesRead());
    }
  }
}
