package io.qtrace.job.cli;

import io.qtrace.compare.Measure;
import io.qtrace.job.judge.Diff;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.report.DiffText;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.ShellCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "diff",
    description =
        "Compares two checkpoints tensor by tensor and reports whether the policy allows the changes.",
    footerHeading = "%n",
    footer = {
      "IDENTICAL: same shape, dtype and bytes. EQUAL: same numbers in another dtype or bit pattern.",
      "",
      "Examples:",
      "  qtrace diff v2_initial.pt checkpoint_step20.pt",
      "  qtrace diff checkpoint_step200.pt baked_step200.pt --kind bake --format json --md5"
    })
final class DiffCommand implements Callable<Integer> {
  @Mixin private Pair pair;

  @Option(
      names = "--md5",
      description = "Also compute the MD5 of each tensor, first 16 digits (slower).")
  private boolean md5;

  @Option(names = "--all", description = "Print long lists in full; by default they end early.")
  private boolean all;

  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Diff.Outcome outcome =
        pair.compare(md5 ? EnumSet.of(Measure.MD5) : EnumSet.noneOf(Measure.class));
    output.print(
        width -> text(outcome, width),
        () -> Json.of(DiffDocument.of(pair.left(), pair.right(), outcome)));
    return ExitStatus.of(outcome.judgement().verdict());
  }

  private List<String> text(Diff.Outcome outcome, int width) {
    List<String> lines =
        new ArrayList<>(DiffText.lines(pair.left(), pair.right(), outcome, all, width));
    lines.add("");
    lines.add("Next: explain the same pair layer by layer");
    lines.add("  " + ShellCommand.qtrace(pair.words("explain")));
    return lines;
  }
}
