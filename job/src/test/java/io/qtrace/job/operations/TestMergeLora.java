package io.qtrace.job.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.judge.EdgeJudge;
import io.qtrace.job.judge.JudgedChild;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.judge.NotCompared;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.lut.LayerNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merges of an adapter that is in a checkpoint of its own. */
class TestMergeLora {
  private static final long FIRST_SEED = 20261127;
  private static final int MERGES = 12;
  private static final float[] RATIOS = {1, 2, 1.5f, 8f / 3, 0.3721f, (float) Math.sqrt(2)};

  @TempDir Path folder;

  private record Merge(ArrayCheckpoint base, ArrayCheckpoint adapter, ArrayCheckpoint child) {
    static Merge of(long seed) {
      Random random = new Random(seed);
      ArrayCheckpoint base = RandomModel.of(random);
      Regime.Part part = random.nextBoolean() ? Regime.Part.MLP : Regime.Part.ALL;
      ArrayCheckpoint trained = RecipeTools.withAdapter(base, part::has, false, random);
      float ratio = RATIOS[random.nextInt(RATIOS.length)];
      return new Merge(base, RecipeTools.adapterAlone(trained), RecipeTools.merged(trained, ratio));
    }

    Merge with(ArrayCheckpoint other) {
      return new Merge(base, adapter, other);
    }
  }

  @Test
  void isExplainedWithEitherParent() throws IOException {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + MERGES; seed++) {
      Merge merge = Merge.of(seed);
      for (Judgement found : judgements(merge)) {
        assertThat(found.kind()).as("seed %d", seed).isEqualTo(MergeLora.KIND);
        assertThat(found.findings()).as("seed %d", seed).isEmpty();
      }
    }
  }

  @Test
  void anIndexThatItDoesNotGiveIsFoundWithEitherParent() throws IOException {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + MERGES; seed++) {
      Merge merge = Merge.of(seed);
      LayerNames layer = merge.child().layers().get(2); // of the MLP
      int last = merge.child().tensor(layer.lut()).values().length - 1;
      double index = last - merge.child().tensor(layer.indices()).values()[5];
      ArrayCheckpoint moved = merge.child().with(layer.indices(), 5, index).synced(layer);
      for (Judgement found : judgements(merge.with(moved))) {
        assertThat(found.verdict()).as("seed %d", seed).isEqualTo(Verdict.VIOLATION);
        assertThat(found.findings())
            .extracting(Finding::example)
            .as("seed %d", seed)
            .containsAnyOf(layer.quantized(), layer.indices());
      }
    }
  }

  @Test
  void anotherAdapterDoesNotExplainIt() throws IOException {
    Merge merge = Merge.of(FIRST_SEED);
    Random random = new Random(1);
    ArrayCheckpoint other =
        RecipeTools.adapterAlone(
            RecipeTools.withAdapter(merge.base(), layer -> true, false, random));
    assertThat(judged(List.of(merge.base(), other), merge.child()).verdict())
        .isEqualTo(Verdict.VIOLATION);
  }

  private List<Judgement> judgements(Merge merge) throws IOException {
    return List.of(
        judged(List.of(merge.base(), merge.adapter()), merge.child()),
        judged(List.of(merge.adapter(), merge.base()), merge.child()));
  }

  private Judgement judged(List<ArrayCheckpoint> parents, ArrayCheckpoint child)
      throws IOException {
    return new EdgeJudge(Operations.KNOWN)
        .judge(
            new ArrayFiles(folder).step(parents, child),
            NotCompared.NOTHING,
            ArrayCheckpoint.POLICY.forRun("run", RunConfig.NONE),
            new JudgedChild("run/merged.pt", OptionalLong.empty()),
            Optional.empty());
  }
}
