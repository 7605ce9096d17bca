package io.qtrace.job.operations;

import io.qtrace.job.policy.EdgeKind;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

class TestCopy extends OperationConformance {
  @Override
  Operation operation() {
    return new Copy();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 13);
    return Map.of(
        "of the start", new Example(Layers.initial(), Layers.initial()),
        "of a trained state", new Example(trained, trained));
  }

  // Where nothing changed, everything is explained.
  @Override
  Set<EdgeKind> ties() {
    return Operations.KNOWN.all().stream().map(Operation::kind).collect(Collectors.toSet());
  }
}
