package io.qtrace.job.cli;

import io.qtrace.compare.Measure;
import io.qtrace.job.audit.Diff;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Sessions;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.report.DiffDocument;
import io.qtrace.job.report.DiffText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "diff",
    description = "Compares two checkpoints tensor by tensor and says whether that may be.",
    footerHeading = "%n",
    footer = {
      "Tensors are the same when shape, dtype and bytes are (IDENTICAL), or their numbers (EQUAL).",
      "",
      "Examples:",
      "  qtrace diff v2_initial.pt checkpoint_step20.pt",
      "  qtrace diff checkpoint_step200.pt baked_step200.pt --kind bake --format json --md5"
    })
final class DiffCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "LEFT", description = "The parent: path or URI.")
  private String left;

  @Parameters(index = "1", paramLabel = "RIGHT", description = "The child: path or URI.")
  private String right;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "What led from left to right (${COMPLETION-CANDIDATES}); default: told by what changed.")
  private EdgeKind kind;

  @Option(names = "--md5", description = "Add the start of each tensor's MD5; slower.")
  private boolean md5;

  @Mixin private PolicyOption policy;
  @Mixin private SettingsOption settings;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy rules = policy.read();
    Settings how = settings.read();
    Set<Measure> extra = md5 ? EnumSet.of(Measure.MD5) : EnumSet.noneOf(Measure.class);
    try (SparkSession spark = Sessions.open(Optional.empty())) {
      Diff.Outcome outcome =
          new Diff(spark, how, rules).run(left, right, Optional.ofNullable(kind), extra);
      output.print(
          width ->
              DiffText.lines(
                  left, right, outcome.pair(), outcome.judgement(), outcome.rules(), width),
          () -> Json.of(DiffDocument.of(left, right, outcome.pair(), outcome.judgement())));
      return ExitStatus.of(outcome.judgement().verdict());
    }
  }
}
