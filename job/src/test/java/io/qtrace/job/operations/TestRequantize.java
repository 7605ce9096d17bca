package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.compare.Recomputed;
import io.qtrace.job.compare.UnexplainedElements;
import io.qtrace.kernel.Mismatches;
import io.qtrace.lut.LayerNames;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestRequantize extends OperationConformance {
  @Override
  Operation operation() {
    return new Requantize();
  }

  @Override
  Map<String, Example> examples() {
    ArrayCheckpoint scales = Layers.trainedScales(Layers.initial(), 9);
    ArrayCheckpoint baked = Layers.baked(Layers.trained(Layers.initial(), 10));
    ArrayCheckpoint withoutIndices = scales;
    for (LayerNames layer : Layers.ALL) {
      withoutIndices = withoutIndices.without(layer.indices());
    }
    return Map.of(
        "the parent has no indices", new Example(withoutIndices, Layers.requantized(scales)),
        "scales trained", new Example(scales, Layers.requantized(scales)),
        "LUT and scales trained, then baked", new Example(baked, Layers.requantized(baked)));
  }

  // With its _Q, so that the index is wrong by the recomputation alone.
  @Override
  ArrayCheckpoint damaged(Example example, String tensor, int index) {
    ArrayCheckpoint damaged = example.child().damaged(tensor, index);
    Optional<LayerNames> layer = LayerNames.ofIndices(tensor);
    if (layer.isEmpty()) {
      return damaged;
    }
    int entries = damaged.tensor(layer.get().lut()).values().length;
    int half = entries / 2;
    double other = (example.child().tensor(tensor).values()[index] + half) % entries;
    return example.child().with(tensor, index, other).synced(layer.get());
  }

  @Test
  void anIndexWithoutItsElementIsReportedByTheElement() {
    Example example = examples().get("scales trained");
    LayerNames layer = Layers.MLP;
    Step step = StepOfArrays.of(example.parent(), example.child().damaged(layer.indices(), 17));
    assertThat(operation().unexplained(step.tensor(layer.quantized()).orElseThrow(), step))
        .isEqualTo(UnexplainedElements.of(1, 17));
    UnexplainedElements indices =
        operation().unexplained(step.tensor(layer.indices()).orElseThrow(), step);
    assertThat(indices.isNone()).isFalse();
  }

  @Test
  void whatTheRecomputationFoundCounts() {
    Example example = examples().get("scales trained");
    LayerNames layer = Layers.ATTENTION;
    Step step =
        StepOfArrays.of(
            example.parent(),
            example.child(),
            Map.of(
                StepOfArrays.key(layer),
                new Recomputed(Optional.empty(), new Mismatches(3, 40, 5, 6)),
                StepOfArrays.key(Layers.MLP),
                new Recomputed(Optional.of("no scale_A"), Mismatches.NONE)));
    assertThat(operation().unexplained(step.tensor(layer.indices()).orElseThrow(), step))
        .isEqualTo(UnexplainedElements.of(3, 40));
    assertThat(operation().unexplained(step.tensor(Layers.MLP.indices()).orElseThrow(), step))
        .isEqualTo(UnexplainedElements.NONE);
  }
}
