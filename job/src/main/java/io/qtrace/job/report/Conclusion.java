package io.qtrace.job.report;

import io.qtrace.job.compare.PairComparison;
import io.qtrace.job.compare.TensorComparison;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.judge.Judgement;
import io.qtrace.job.operations.Operations;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.text.Paragraph;
import io.qtrace.lut.Category;
import java.util.ArrayList;
import java.util.List;

/** The answer for a pair of checkpoints: the verdict in one sentence, and the findings. */
final class Conclusion {
  private Conclusion() {}

  static List<String> lines(Diff.Outcome outcome) {
    Judgement judgement = outcome.judgement();
    List<String> lines =
        new ArrayList<>(
            Paragraph.lines(
                judgement.verdict() + ": ", sentence(outcome.pair(), judgement.kind())));
    for (Finding finding : judgement.findings()) {
      lines.addAll(Paragraph.lines("finding ", Findings.line(finding)));
    }
    return lines;
  }

  private static String sentence(PairComparison pair, EdgeKind kind) {
    long all = pair.of(Category.Q).count();
    long changed = pair.of(Category.Q).filter(TensorComparison::isChanged).count();
    if (all == 0) {
      return "neither side has _Q buffers";
    }
    if (changed == 0) {
      return all == 1
          ? "the only _Q buffer is unchanged"
          : "all %d _Q buffers are unchanged".formatted(all);
    }
    return Operations.KNOWN
        .of(kind)
        .map(operation -> operation.conclusion(changed, all))
        .orElseGet(() -> Operations.unexplainedConclusion(changed, all));
  }
}
