package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayFiles;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.RandomChain;
import io.qtrace.job.operations.Train;
import io.qtrace.job.policy.Verdict;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chains of steps as the recipe's tools make them: nothing is wrong with any of them. */
class TestUntouchedChains {
  private static final EdgeJudge JUDGE = new EdgeJudge(Operations.KNOWN);
  private static final long FIRST_SEED = 20261126;
  private static final int CHAINS = 200;
  private static final int STEPS = 7;
  private static final int RUNS = 60;

  @TempDir Path folder;

  @Test
  void noStepHasAFindingAndEachIsNamed() throws IOException {
    Map<String, Integer> kinds = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    for (long seed = FIRST_SEED; seed < FIRST_SEED + CHAINS; seed++) {
      for (RandomChain.Link link : RandomChain.of(seed, STEPS)) {
        Judgement found = judge(link);
        if (!found.kind().equals(link.kind()) || !found.findings().isEmpty()) {
          wrong.add(
              "%s in chain %d, judged %s: %s"
                  .formatted(link.kind(), seed, found.kind(), found.findings()));
        }
        assertThat(found.verdict() == Verdict.CLEAN).isEqualTo(found.findings().isEmpty());
        kinds.merge(link.kind().label(), 1, Integer::sum);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(kinds.keySet())
        .containsExactly(
            "adapter",
            "bake",
            "cast",
            "convert",
            "copy",
            "dequantize",
            "merge_lora",
            "quantize",
            "refresh",
            "replace_lut",
            "requantize",
            "rescale",
            "snap",
            "sync",
            "train");
    assertThat(kinds.values()).allMatch(count -> count >= 20, kinds.toString());
  }

  /** Rounding to 16 bits hides what small updates move. */
  @Test
  void tensorsUnchangedByRoundingAreNotFindings() throws IOException {
    List<String> wrong = new ArrayList<>();
    int trains = 0;
    int hidden = 0;
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      for (long seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
        RandomChain.Link link = RandomChain.trained(seed, dtype);
        Judgement found = judge(link);
        trains += found.kind().equals(Train.KIND) ? 1 : 0;
        hidden +=
            found.notes().stream().anyMatch(note -> note.contains("rounding may hide")) ? 1 : 0;
        if (!found.findings().isEmpty()) {
          wrong.add("%s in run %d: %s".formatted(dtype, seed, found.findings()));
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(trains).isGreaterThan(RUNS);
    assertThat(hidden).isPositive();
  }

  private Judgement judge(RandomChain.Link link) throws IOException {
    return JUDGE.judge(
        new ArrayFiles(folder).step(link.parent(), link.child()),
        NotCompared.NOTHING,
        ArrayCheckpoint.POLICY.forRun("runs/a", RunConfig.NONE),
        new JudgedChild("runs/a/checkpoint_step2.pt", OptionalLong.of(2)),
        Optional.empty());
  }
}
