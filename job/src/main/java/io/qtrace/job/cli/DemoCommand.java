package io.qtrace.job.cli;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = "Audits the sample archive that comes with qtrace, which holds one planted bug.",
    footerHeading = "%n",
    footer = {"A demo that finds what it should exits with 0, though the audit found violations."})
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--archive",
      paramLabel = "URI",
      required = true,
      hidden = true,
      description = "Where scripts/qtrace keeps the sample.")
  private String archive;

  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy policy = Policy.load(Optional.empty());
    Settings settings = Settings.load(Optional.empty());
    try (SparkSession spark = warehouse.open()) {
      AuditReport report = new Audit(spark, settings, policy, progress).run(archive);
      output.print(width -> lines(report), () -> Json.of(report));
      return ExitStatus.CLEAN;
    }
  }

  private static List<String> lines(AuditReport report) {
    List<String> lines = new ArrayList<>(AuditText.lines(report));
    lines.add("");
    lines.add("The tables hold all of it. Try next:");
    for (String query : SampleQueries.ALL) {
      lines.add("  scripts/qtrace sql -e \"" + query + "\"");
    }
    return lines;
  }
}
