package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayFiles;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.RandomChain;
import io.qtrace.job.operations.Train;
import io.qtrace.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that train in 16 bits, where rounding hides what small updates move. */
class TestHalfPrecision {
  private static final long FIRST_SEED = 20261127;
  private static final int RUNS = 60;

  @TempDir Path folder;

  @Test
  void tensorsThatRoundingKeepsAreNoFindings() throws IOException {
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
    return new EdgeJudge(Operations.KNOWN)
        .judge(
            new ArrayFiles(folder).step(link.parent(), link.child()),
            NotCompared.NOTHING,
            ArrayCheckpoint.POLICY.forRun("runs/a", RunConfig.NONE),
            "runs/a/checkpoint_step2.pt",
            Optional.empty());
  }
}
