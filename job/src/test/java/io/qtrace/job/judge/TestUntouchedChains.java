package io.qtrace.job.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.archive.RunConfig;
import io.qtrace.job.operations.ArrayCheckpoint;
import io.qtrace.job.operations.ArrayFiles;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.operations.RandomChain;
import io.qtrace.job.policy.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chains of steps as the recipe's tools make them: nothing is wrong with any of them. */
class TestUntouchedChains {
  private static final EdgeJudge JUDGE = new EdgeJudge(Operations.KNOWN);
  private static final int CHAINS = 200;
  private static final int STEPS = 7;

  @TempDir Path folder;

  @Test
  void noStepHasAFindingAndEachIsNamed() throws IOException {
    ArrayFiles files = new ArrayFiles(folder);
    Map<String, Integer> kinds = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    for (long seed = 0; seed < CHAINS; seed++) {
      int number = 0;
      for (RandomChain.Link link : RandomChain.of(20261126 + seed, STEPS)) {
        Judgement found =
            JUDGE.judge(
                files.step(link.parent(), link.child()),
                NotCompared.NOTHING,
                ArrayCheckpoint.POLICY.forRun("runs/a", RunConfig.NONE),
                "runs/a/checkpoint_step2.pt",
                Optional.empty());
        if (!found.kind().equals(link.kind())
            || found.verdict() != Verdict.CLEAN
            || !found.findings().isEmpty()) {
          wrong.add(
              "chain %d, step %d: %s, judged %s: %s"
                  .formatted(seed, number, link.kind(), found.kind(), found.findings()));
        }
        kinds.merge(link.kind().label(), 1, Integer::sum);
        number++;
      }
    }
    System.out.println(kinds);
    wrong.stream().limit(40).forEach(System.out::println);
    assertThat(wrong).isEmpty();
    assertThat(kinds.values()).allMatch(count -> count > 20);
  }
}
