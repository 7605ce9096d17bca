package io.qtrace.job.operations;

import java.util.Map;

class TestRefresh extends OperationConformance {
  @Override
  Operation operation() {
    return new Refresh();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint first = Layers.trained(Layers.initial(), 6);
    ArrayCheckpoint again = Layers.trained(Layers.refreshed(first), 7);
    return Map.of(
        "of the first training", new Example(first, Layers.refreshed(first)),
        "of a refreshed LUT that trained on", new Example(again, Layers.refreshed(again)));
  }
}
