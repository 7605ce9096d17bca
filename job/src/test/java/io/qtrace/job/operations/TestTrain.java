package io.qtrace.job.operations;

import io.qtrace.job.compare.TensorComparison;
import io.qtrace.lut.LayerNames;
import java.util.Map;

class TestTrain extends OperationConformance {
  @Override
  Operation operation() {
    return new Train();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint first = Layers.trained(initial, 1);
    ArrayCheckpoint withoutIndices = Layers.trainedScales(initial, 3);
    for (LayerNames layer : Layers.ALL) {
      withoutIndices = withoutIndices.without(layer.indices());
    }
    return Map.of(
        "deltas appear", new Example(initial, first),
        "deltas move", new Example(first, Layers.trained(first, 2)),
        "a baked LUT trains again",
            new Example(Layers.baked(first), Layers.trained(Layers.baked(first), 4)),
        "scales alone, indices are not saved", new Example(initial, withoutIndices));
  }

  @Override
  boolean trains(TensorComparison tensor) {
    return switch (tensor.category()) {
      case SCALE, LUT_DELTAS -> true;
      case LUT, Q, INDICES, OTHER -> false;
    };
  }
}
