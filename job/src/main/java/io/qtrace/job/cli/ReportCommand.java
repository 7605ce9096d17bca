package io.qtrace.job.cli;

import io.qtrace.io.SafeText;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.report.html.HtmlReport;
import io.qtrace.job.report.html.ReportSelection;
import io.qtrace.job.text.Json;
import io.qtrace.job.text.Units;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "report",
    description =
        "Writes an audit from the tables as one HTML file with charts and the lineage graph.",
    footerHeading = "%n",
    footer = {
      "The file loads nothing from the network. Without options it shows the last audit in the tables.",
      "'qtrace audit --report FILE' audits first.",
      "",
      "Examples:",
      "  qtrace report",
      "  qtrace report --archive runs/ --run srLUT-004_all --out srLUT-004.html",
      "  qtrace report srLUT-004_all/checkpoint_step200.pt srLUT-004_all/baked_step200.pt"
    })
final class ReportCommand implements Callable<Integer> {
  private static final class Which {
    @Option(
        names = "--archive",
        paramLabel = "URI",
        description = "Show the last audit of this archive.")
    private String archive;

    @Option(names = "--audit", paramLabel = "ID", description = "Show the audit of this ID.")
    private String audit;
  }

  @Parameters(
      arity = "0..2",
      paramLabel = "LEFT RIGHT",
      description =
          "Show only the edge from LEFT to RIGHT: paths in the archive, or paths or URIs of files.")
  private List<String> pair = List.of();

  @ArgGroup private Which which = new Which();

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description = "Show only this run: its folder, or the last part of the folder's path.")
  private String run;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "qtrace-report.html",
      description = "Path or URI to write, replaced atomically; default ${DEFAULT-VALUE}.")
  private String out;

  @Mixin private Warehouse warehouse;
  @Mixin private Output output;

  /** What {@code report --format json} prints. */
  private record Printed(String report, HtmlReport.Written shows) {}

  @Override
  public Integer call() throws IOException {
    ReportSelection selection =
        new ReportSelection(
            Optional.ofNullable(which.archive),
            Optional.ofNullable(which.audit),
            Optional.ofNullable(run),
            pair);
    try (OpenSession session = warehouse.open()) {
      new LineageStore(session.spark()).create();
      HtmlReport.Written written = HtmlReport.write(session.spark(), selection, out);
      output.print(width -> lines(written), () -> Json.of(new Printed(out, written)));
    }
    return ExitStatus.CLEAN;
  }

  private List<String> lines(HtmlReport.Written written) {
    return List.of(
        "%s: %s".formatted(written.verdict(), written.sentence()),
        "Audit %s".formatted(written.auditId()),
        "Report: %s (%s)".formatted(SafeText.of(out), Units.size(written.bytes())));
  }
}
