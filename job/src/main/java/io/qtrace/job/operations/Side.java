package io.qtrace.job.operations;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.lut.LayerLut;
import io.qtrace.lut.LayerNames;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One end of a step, with the LUTs of its layers, each read once. */
public final class Side {
  private final CheckpointFacts facts;
  private final Map<String, Optional<LayerLut>> luts = new HashMap<>();

  public Side(CheckpointFacts facts) {
    this.facts = Objects.requireNonNull(facts, "facts");
  }

  public CheckpointFacts facts() {
    return facts;
  }

  public Optional<TensorFacts> tensor(String name) {
    return facts.tensor(name);
  }

  /** What the checkpoint states of a layer's LUT, where that can be one. */
  public Optional<LayerLut> lut(LayerNames layer) {
    return luts.computeIfAbsent(layer.layer(), name -> facts.lut(layer));
  }
}
