package io.qtrace.job.operations;

import java.util.Map;

class TestBake extends OperationConformance {
  @Override
  Operation operation() {
    return new Bake();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 5);
    ArrayCheckpoint refreshed = Layers.refreshed(trained);
    return Map.of(
        "as the recipe bakes", new Example(trained, Layers.baked(trained)),
        "exact", new Example(trained, Layers.bakedExactly(trained)),
        "of a refreshed LUT", new Example(refreshed, Layers.baked(refreshed)));
  }
}
