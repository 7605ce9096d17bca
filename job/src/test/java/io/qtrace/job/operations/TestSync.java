package io.qtrace.job.operations;

import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import java.util.Map;

class TestSync extends OperationConformance {
  @Override
  Operation operation() {
    return new Sync();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint refreshed = Layers.refreshed(Layers.trained(Layers.initial(), 8));
    ArrayCheckpoint replaced = Layers.initial();
    for (LayerNames layer : Layers.TRAINABLE) {
      replaced = Layers.withLut(replaced, layer, new Lut(refreshed.tensor(layer.lut()).floats()));
    }
    return Map.of(
        "deltas are kept", new Example(refreshed, Layers.synced(refreshed)),
        "no LUT trains", new Example(replaced, Layers.synced(replaced)));
  }
}
