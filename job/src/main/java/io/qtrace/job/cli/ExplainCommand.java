package io.qtrace.job.cli;

import io.qtrace.compare.Measure;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.report.ExplainDocument;
import io.qtrace.job.report.ExplainText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "explain",
    description = "Explains one pair of checkpoints layer by layer: what changed, and why.",
    footerHeading = "%n",
    footer = {
      "For each layer: whether _Q changed and why, proved by recomputation; the LUT, as stored and as",
      "used in training; deltas, indices, scales and casts; the invariants of the child. Then the",
      "inferred operation, and what each other operation would leave unexplained.",
      "",
      "Examples:",
      "  qtrace explain v2_initial.pt checkpoint_step20.pt",
      "  qtrace explain checkpoint_step200.pt baked_step200.pt --format json"
    })
final class ExplainCommand implements Callable<Integer> {
  @Mixin private Pair pair;

  @Option(
      names = "--all",
      description = "Explain every layer that changed; by default long lists end early.")
  private boolean all;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Diff.Outcome outcome = pair.compare(EnumSet.noneOf(Measure.class));
    output.print(
        width -> ExplainText.lines(pair.left(), pair.right(), outcome, all, width),
        () -> Json.of(ExplainDocument.of(pair.left(), pair.right(), outcome)));
    return ExitStatus.of(outcome.judgement().verdict());
  }
}
