package io.qtrace.job.cli;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.AuditSummary;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "audit",
    description =
        "Reads every checkpoint of a run archive, compares each with its parent and reports whether the"
            + " policy allows the changes.",
    footerHeading = "%n",
    footer = {
      "A run is a folder with checkpoints; its config.json may name the checkpoint it started from.",
      "Results are written to the tables of lineage.qtrace (see 'qtrace sql'). Re-running an audit",
      "adds no rows, and checkpoints that did not change since are not read again.",
      "",
      "Examples:",
      "  qtrace audit --archive runs/",
      "  qtrace audit --archive s3a://bucket/runs --warehouse /data/qtrace --format json",
      "  qtrace audit --archive runs/ --report audit.html",
      "  qtrace audit --archive runs/ --base models/Qwen3-0.6B",
      "  qtrace audit --archive runs/ --fail-on finding --summary /data/qtrace/summary.json"
    })
final class AuditCommand implements Callable<Integer> {
  @Option(
      names = "--archive",
      paramLabel = "URI",
      required = true,
      description =
          "Folder that contains the runs: a local path or any Hadoop URI (s3a://, hdfs://, ...).")
  private String archive;

  @Mixin private BaseOption bases;

  @Option(
      names = "--fail-on",
      paramLabel = "violation|finding|never",
      defaultValue = "violation",
      description = {
        "When to exit with status 1; default ${DEFAULT-VALUE}.",
        "violation: when an edge violates the policy or a checkpoint cannot be read.",
        "finding: also when the verdict is CLEAN but there are findings, such as a missing source.",
        "never: never; an audit that fails still exits with status 2.",
        "Findings covered by a waiver of the policy do not count."
      })
  private FailOn failOn;

  @Option(
      names = "--all",
      description = "Print every edge with its counts and notes, not only a page of text.")
  private boolean all;

  @Mixin private SummaryOption summary;
  @Mixin private ReportOption html;
  @Mixin private Rules rules;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    Instant started = Instant.now();
    try {
      AuditReport report = audit();
      int status = failOn.status(report);
      summary.write(() -> AuditSummary.of(report, status, archive, started, Instant.now()));
      NextSteps next = new NextSteps(archive, bases.words(), rules.words(), warehouse.words());
      output.print(
          width -> all ? AuditText.all(report, next) : AuditText.page(report, next, width),
          () -> Json.of(report));
      return status;
    } catch (IOException | RuntimeException | Error e) {
      reportFailure(e, started);
      throw e;
    }
  }

  private AuditReport audit() throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    try (SparkSession spark = warehouse.open()) {
      AuditReport report = new Audit(spark, settings, policy, progress).run(archive, bases.uris());
      html.write(spark, report.auditId());
      return report;
    }
  }

  // Last night's summary must not look like tonight's.
  private void reportFailure(Throwable failure, Instant started) {
    try {
      summary.write(
          () ->
              AuditSummary.failed(
                  Failure.reason(failure), ExitStatus.FAILED, archive, started, Instant.now()));
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }
}
