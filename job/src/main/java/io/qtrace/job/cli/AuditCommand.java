package io.qtrace.job.cli;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.Verdict;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "audit",
    description =
        "Reads every checkpoint of a run archive, compares along its edges and judges them.",
    footerHeading = "%n",
    footer = {
      "Runs are the folders with checkpoints below the URI; their config.json names the source.",
      "Results go into the tables of lineage.qtrace (see 'qtrace sql'). The same audit again adds",
      "nothing; a checkpoint that was not touched since is not read again.",
      "",
      "Examples:",
      "  qtrace audit --archive runs/",
      "  qtrace audit --archive s3a://bucket/runs --warehouse /data/qtrace --format json"
    })
final class AuditCommand implements Callable<Integer> {
  @Option(
      names = "--archive",
      paramLabel = "URI",
      required = true,
      description = "Folder of runs: a local path or any Hadoop URI.")
  private String archive;

  @Mixin private Rules rules;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    try (SparkSession spark = warehouse.open()) {
      AuditReport report = new Audit(spark, settings, policy, progress).run(archive);
      output.print(width -> AuditText.lines(report), () -> Json.of(report));
      return ExitStatus.of(Verdict.valueOf(report.verdict()));
    }
  }
}
