package io.qtrace.job.operations;

import io.qtrace.lut.LayerNames;
import io.qtrace.tensor.DType;
import java.util.List;
import java.util.Map;

class TestCast extends OperationConformance {
  @Override
  Operation operation() {
    return new Cast();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint baked = Layers.baked(Layers.trained(Layers.initial(), 11));
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 12);
    ArrayCheckpoint mixed = Layers.cast(baked, DType.FLOAT16);
    for (LayerNames layer : Layers.ALL) {
      mixed = mixed.with(layer.indices(), mixed.tensor(layer.indices()).as(DType.UINT8));
      mixed = mixed.with(layer.lut(), baked.tensor(layer.lut()));
    }
    ArrayCheckpoint attention =
        baked.with(Layers.NORM, baked.tensor(Layers.NORM).as(DType.FLOAT16));
    LayerNames cast = Layers.ATTENTION;
    for (String name : List.of(cast.weight(), cast.scaleA(), cast.scaleB())) {
      attention = attention.with(name, attention.tensor(name).as(DType.BFLOAT16));
    }
    return Map.of(
        "float16", new Example(baked, Layers.cast(baked, DType.FLOAT16)),
        "bfloat16", new Example(trained, Layers.cast(trained, DType.BFLOAT16)),
        "indices too, the LUT stays float32", new Example(baked, mixed),
        "attention in bfloat16, a norm in float16, magnitudes stay float32",
            new Example(baked, attention));
  }
}
