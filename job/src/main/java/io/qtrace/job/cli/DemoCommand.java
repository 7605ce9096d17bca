package io.qtrace.job.cli;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.experiment.Experiment;
import io.qtrace.job.experiment.ExperimentReport;
import io.qtrace.job.experiment.ExperimentSettings;
import io.qtrace.job.experiment.ExperimentText;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import io.qtrace.job.report.html.HtmlReport;
import io.qtrace.job.report.html.ReportSelection;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.ShellCommand;
import io.qtrace.job.train.ExistingRunPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description =
        "Runs the experiment of conf/experiments/debug-lut-training.yaml on a copy of the sample"
            + " archive that comes with qtrace, then audits the archive, which contains one planted bug.",
    footerHeading = "%n",
    footer = {
      "Exits 0 if the demo behaves as expected, even though the audit reports violations.",
      "",
      "Examples:",
      "  qtrace demo",
      "  qtrace demo --warehouse /data/qtrace --format json"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--archive",
      paramLabel = "DIR",
      required = true,
      hidden = true,
      description = "Folder of the sample archive (set by scripts/qtrace).")
  private Path archive;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      required = true,
      hidden = true,
      description = "Working folder of the demo (set by scripts/qtrace).")
  private Path work;

  @Option(
      names = "--all",
      description =
          "Print everything that training changed and every edge, not only a summary of one page.")
  private boolean all;

  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  /** What {@code demo --format json} prints. */
  private record Demo(ExperimentReport experiment, AuditReport audit) {}

  @Override
  public Integer call() throws IOException {
    Policy policy = Policy.load(Optional.empty());
    Settings settings = Settings.load(Optional.empty());
    FolderCopy.of(archive, work);
    ExperimentSettings experiment =
        ExperimentSettings.load(Optional.empty(), work.toAbsolutePath().toString());
    try (OpenSession session = warehouse.open()) {
      Experiment.Outcome outcome =
          new Experiment(session.spark(), settings, policy, progress)
              .run(experiment, ExistingRunPolicy.REPLACE);
      Path report = work.resolve("report.html");
      HtmlReport.write(
          session.spark(), ReportSelection.ofAudit(outcome.audit().auditId()), report.toString());
      output.print(
          width -> lines(experiment, outcome, report, width),
          () -> Json.of(new Demo(outcome.report(), outcome.audit())));
      return ExitStatus.CLEAN;
    }
  }

  private List<String> lines(
      ExperimentSettings experiment, Experiment.Outcome outcome, Path report, int width) {
    NextSteps next = new NextSteps(experiment.archive(), List.of(), List.of(), warehouse.words());
    List<String> lines = new ArrayList<>();
    lines.addAll(
        all
            ? ExperimentText.lines(experiment, outcome, width)
            : ExperimentText.answer(experiment, outcome));
    lines.add("");
    lines.addAll(
        all ? AuditText.all(outcome.audit(), next) : AuditText.page(outcome.audit(), next, width));
    lines.add("  Query the tables:");
    for (String query : SampleQueries.ALL) {
      List<String> words = new ArrayList<>(List.of("sql", "-e", query));
      words.addAll(warehouse.words());
      lines.add("    " + ShellCommand.qtrace(words));
    }
    lines.add("  Look at the audit in a browser:");
    lines.add("    " + SafeText.of(report.toString()));
    return lines;
  }
}
