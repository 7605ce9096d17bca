package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.lut.LayerLut;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

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

  @Test
  void theDriftIsFromTheLutThatTheSettingsGiveWhereTheDeltasAgree() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 5);
    double implied = lut(trained, Optional.empty()).maxAbs();
    double agreed = implied * 1.1;
    assertThat(lut(trained, Optional.of(agreed)).maxAbs()).isEqualTo(agreed);
    assertThat(lut(trained, Optional.of(implied * 3)).maxAbs()).isEqualTo(implied);
    assertThat(notes(trained, Optional.of(agreed)))
        .singleElement()
        .asString()
        .contains("--lut-max-abs " + agreed);
    assertThat(notes(trained, Optional.empty()))
        .singleElement()
        .asString()
        .contains("as implied by the deltas")
        .isEqualTo(notes(trained, Optional.of(implied * 3)).get(0));
  }

  private static LayerLut lut(ArrayCheckpoint model, Optional<Double> lutMaxAbs) {
    return new Side(model.facts(), lutMaxAbs).lut(Layers.MLP).orElseThrow();
  }

  private static List<String> notes(ArrayCheckpoint trained, Optional<Double> lutMaxAbs) {
    Side parent = new Side(trained.facts(), lutMaxAbs);
    Side child = new Side(Layers.baked(trained).facts(), lutMaxAbs);
    return new Bake().notes(Step.ofFacts(parent, child));
  }
}
