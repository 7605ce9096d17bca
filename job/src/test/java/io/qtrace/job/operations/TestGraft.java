package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.judge.EdgeJudge;
import io.qtrace.job.judge.JudgedChild;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.LayerNames;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TestGraft {
  private static final ArrayCheckpoint INITIAL = Layers.initial();
  private static final ArrayCheckpoint BASE = Layers.baked(Layers.trained(INITIAL, 1));
  private static final ArrayCheckpoint DONOR = Layers.baked(Layers.trained(INITIAL, 2));

  @Test
  void layersOfTheMlpOfAnother() {
    ArrayCheckpoint child = withLayers(List.of(Layers.MLP, Layers.SMALL));
    assertGraft(BASE, DONOR, child);
    assertGraft(DONOR, BASE, child);
    assertThat(judged(BASE, DONOR, child).changes())
        .filteredOn(change -> change.quantized().name().equals(Layers.MLP.quantized()))
        .extracting(change -> change.explanation().cause().orElseThrow())
        .containsExactly(Graft.GRAFTED);
  }

  @Test
  void decoderLayersOfAnother() {
    ArrayCheckpoint base = withSecondLayer(BASE);
    ArrayCheckpoint donor = withSecondLayer(DONOR);
    ArrayCheckpoint child = base;
    for (String name : donor.tensors().keySet()) {
      if (name.startsWith("model.layers.1.")) {
        child = child.with(name, donor.tensor(name));
      }
    }
    assertGraft(base, donor, child);
    assertGraft(donor, base, child);
  }

  @Test
  void magnitudesOfAnother() {
    ArrayCheckpoint child = BASE;
    for (LayerNames layer : Layers.ALL) {
      child = child.with(layer.magnitude(), DONOR.tensor(layer.magnitude()));
    }
    assertGraft(BASE, DONOR, child);
  }

  @Test
  void oneLayerAmongSeveralIsDamageInsteadOfAGraft() {
    ArrayCheckpoint child = withLayers(List.of(Layers.MLP));
    assertThat(step(BASE, DONOR, child).others()).isNotEmpty();
    assertThat(new Graft().applies(step(BASE, DONOR, child))).isFalse();
  }

  @Test
  void tensorsOfNeitherParentAreNotExplained() {
    ArrayCheckpoint child =
        withLayers(List.of(Layers.MLP, Layers.SMALL)).damaged(Layers.ATTENTION.scaleA(), 3);
    assertThat(new Graft().applies(step(BASE, DONOR, child))).isFalse();
    assertThat(new Graft().applies(StepOfArrays.of(BASE, child))).isFalse();
  }

  @Test
  void aLayerLeftOutByABakeIsNotAGraft() {
    ArrayCheckpoint trained = withSecondLayer(Layers.trained(INITIAL, 1));
    ArrayCheckpoint baked = withSecondLayer(BASE);
    ArrayCheckpoint child = baked.with(Layers.MLP.deltas(), trained.tensor(Layers.MLP.deltas()));
    assertThat(new Graft().applies(step(trained, baked, child))).isFalse();
  }

  private static ArrayCheckpoint withSecondLayer(ArrayCheckpoint model) {
    ArrayCheckpoint more = model;
    for (String name : model.tensors().keySet()) {
      if (LayerNames.moduleOf(name).equals(Layers.MLP.layer())) {
        more = more.with(name.replace("layers.0", "layers.1"), model.tensor(name));
      }
    }
    return more;
  }

  // What is stale stays a finding, whoever gave it.
  @Test
  void buffersOfAnotherThatAreNotOfTheLutAreFindings() {
    ArrayCheckpoint child = BASE;
    for (LayerNames layer : Layers.ALL) {
      child = child.with(layer.quantized(), INITIAL.tensor(layer.quantized()));
    }
    Judgement found = judged(BASE, INITIAL, child);
    assertThat(found.kind()).isEqualTo(Graft.KIND);
    assertThat(found.verdict()).isEqualTo(Verdict.VIOLATION);
  }

  private static ArrayCheckpoint withLayers(List<LayerNames> layers) {
    ArrayCheckpoint child = BASE;
    for (LayerNames layer : layers) {
      for (String name : DONOR.tensors().keySet()) {
        if (LayerNames.moduleOf(name).equals(layer.layer())) {
          child = child.with(name, DONOR.tensor(name));
        }
      }
    }
    return child;
  }

  private static void assertGraft(
      ArrayCheckpoint parent, ArrayCheckpoint other, ArrayCheckpoint child) {
    Judgement found = judged(parent, other, child);
    assertThat(found.kind()).isEqualTo(Graft.KIND);
    assertThat(found.findings()).isEmpty();
  }

  private static Judgement judged(
      ArrayCheckpoint parent, ArrayCheckpoint other, ArrayCheckpoint child) {
    return new EdgeJudge(Operations.KNOWN)
        .judge(
            step(parent, other, child),
            NotCompared.NOTHING,
            ArrayCheckpoint.POLICY.forRun("run", RunConfig.NONE),
            new JudgedChild("run/mixed.pt", OptionalLong.empty()),
            Optional.empty());
  }

  private static Step step(ArrayCheckpoint parent, ArrayCheckpoint other, ArrayCheckpoint child) {
    return StepOfArrays.of(parent, child)
        .with(List.of(new Step.Other("other.pt", new Side(other.facts()))));
  }
}
