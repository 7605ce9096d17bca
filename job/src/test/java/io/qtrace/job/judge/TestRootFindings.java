package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayTensor;
import io.qtrace.job.operations.Layers;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Waiver;
import io.qtrace.job.policy.Waivers;
import io.qtrace.lut.LayerNames;
import io.qtrace.lut.Lut;
import io.qtrace.tensor.CheckpointIndex.Skipped;
import io.qtrace.tensor.DType;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestRootFindings {
  private static final String PATH = "runs/a/model.pt";
  private static final LocalDate TODAY = LocalDate.parse("2026-01-31");
  private static final Waivers NO_WAIVERS = new Waivers(List.of(), TODAY);

  @Test
  void validCheckpointHasNoFindings() {
    ArrayCheckpoint initial = Layers.initial();
    ArrayCheckpoint trained = Layers.trained(initial, 5);
    for (ArrayCheckpoint sound :
        List.of(
            initial,
            trained,
            Layers.baked(trained),
            Layers.cast(initial, DType.BFLOAT16),
            Layers.cast(Layers.baked(trained), DType.FLOAT16))) {
      assertThat(findings(sound)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void oneElementOfAQIsFound(long seed) {
    Random random = new Random(seed);
    LayerNames layer = Layers.ALL.get(random.nextInt(Layers.ALL.size()));
    ArrayCheckpoint whole = seed % 2 == 0 ? Layers.initial() : Layers.trained(Layers.initial(), 5);
    int element = random.nextInt(whole.tensor(layer.quantized()).values().length);
    assertThat(findings(whole.damaged(layer.quantized(), element)))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.rule()).isEqualTo("q-left-stale");
              assertThat(finding.example()).isEqualTo(PATH);
              assertThat(finding.message())
                  .startsWith(
                      PATH + ": 1 _Q not equal to lut[_indices], such as " + layer.quantized())
                  .contains("the first at element " + element + ": ");
            });
  }

  @Test
  void aLayerWithoutAQIsFoundIfOthersHaveOne() {
    ArrayCheckpoint part = Layers.initial().without(Layers.MLP.quantized());
    assertThat(findings(part))
        .containsExactly(
            new Finding(
                "q-missing",
                1,
                PATH,
                "%s: 1 layer without a _Q, which other layers have, such as %s"
                    .formatted(PATH, Layers.MLP.layer())));
    ArrayCheckpoint none = part;
    for (LayerNames layer : Layers.ALL) {
      none = none.without(layer.quantized());
    }
    assertThat(findings(none)).isEmpty();
  }

  @Test
  void aQThatASyncWroteFromATrainedLutIsNotDamaged() {
    ArrayCheckpoint trained = Layers.trained(Layers.initial(), 5);
    LayerNames layer = Layers.ATTENTION;
    ArrayCheckpoint baked = Layers.baked(trained);
    ArrayCheckpoint synced = trained.with(layer.quantized(), baked.tensor(layer.quantized()));
    assertThat(findings(synced)).isEmpty();
    // Without deltas no training explains it.
    ArrayCheckpoint initial = Layers.initial();
    assertThat(findings(initial.with(layer.quantized(), baked.tensor(layer.quantized()))))
        .extracting(Finding::rule)
        .containsExactly("q-left-stale");
  }

  @Test
  void aLutThatIsNotAValidTableIsFound() {
    LayerNames layer = Layers.SMALL;
    for (Lut broken :
        List.of(
            new Lut(-1, 0.25f, -0.25f, 1), // does not rise
            new Lut(-1, -0.25f, -0.25f, 1), // has an entry twice
            new Lut(-1, Float.NaN, 0.25f, 1),
            new Lut(-1, -0.25f, 0.5f, 1))) { // is not symmetric
      ArrayCheckpoint damaged = Layers.withLut(Layers.initial(), layer, broken);
      assertThat(findings(damaged))
          .as(broken.toString())
          .extracting(Finding::rule)
          .contains("lut-invalid");
    }
  }

  // As of a table of equal steps.
  @Test
  void aLutThatFloat16DoesNotHoldMayBeMadeSo() {
    Lut thirds = new Lut(-1, -1 / 3f, 1 / 3f, 1);
    assertThat(findings(Layers.withLut(Layers.initial(), Layers.SMALL, thirds)))
        .extracting(Finding::rule)
        .doesNotContain("lut-invalid");
  }

  @Test
  void aNanIsFoundInAnyTensorAndAnInfinityInQuantizedLayers() {
    ArrayCheckpoint whole = Layers.initial();
    String scales = Layers.MLP.scaleA();
    assertThat(findings(whole.with(Layers.NORM, 3, Double.NaN)))
        .extracting(Finding::message)
        .containsExactly(
            PATH
                + ": 1 tensor with NaN or infinities, such as "
                + Layers.NORM
                + ": 1 NaN and 0 infinities, the first at element 3");
    assertThat(findings(whole.with(scales, 7, Double.NEGATIVE_INFINITY)))
        .extracting(Finding::rule)
        .containsExactly("not-finite");
    ArrayTensor mask = ArrayTensor.of(new float[] {0, Float.NEGATIVE_INFINITY}, 2);
    assertThat(findings(whole.with("model.layers.0.self_attn.mask", mask))).isEmpty();
  }

  @Test
  void whatCannotBeComparedIsFound() {
    NotCompared skipped =
        NotCompared.of(
            List.of(),
            List.of(new Skipped("layer._Q", "quantized tensor")),
            ArrayCheckpoint.POLICY.categories());
    assertThat(RootFindings.of(PATH, Layers.initial().facts(), skipped, NO_WAIVERS))
        .extracting(Finding::rule)
        .containsExactly("not-compared");
    NotCompared all =
        NotCompared.of(
            List.of(),
            List.of(new Skipped("a", "a sparse tensor")),
            ArrayCheckpoint.POLICY.categories());
    CheckpointFacts nothing = new CheckpointFacts(Map.of(), Map.of());
    assertThat(RootFindings.of(PATH, nothing, all, NO_WAIVERS))
        .extracting(Finding::rule)
        .containsExactly("not-compared");
  }

  @Test
  void aWaiverOfItsTensorCoversIt() {
    LayerNames layer = Layers.MLP;
    ArrayCheckpoint damaged = Layers.initial().damaged(layer.quantized(), 3);
    Waiver waiver =
        new Waiver(
            "q-left-stale",
            List.of(),
            List.of(),
            List.of(layer.quantized()),
            "known",
            LocalDate.parse("2027-01-31"));
    List<Finding> found =
        RootFindings.of(
            PATH, damaged.facts(), NotCompared.NOTHING, new Waivers(List.of(waiver), TODAY));
    assertThat(found).singleElement().matches(finding -> !finding.counts());
  }

  private static List<Finding> findings(ArrayCheckpoint checkpoint) {
    return RootFindings.of(PATH, checkpoint.facts(), NotCompared.NOTHING, NO_WAIVERS);
  }
}
