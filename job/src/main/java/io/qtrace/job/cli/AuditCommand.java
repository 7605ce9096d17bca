package io.qtrace.job.cli;

import io.qtrace.job.audit.Audit;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.conf.OpenSession;
import io.qtrace.job.conf.Settings;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.report.AuditSummary;
import io.qtrace.job.report.AuditText;
import io.qtrace.job.report.NextSteps;
import io.qtrace.job.text.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
      "adds no rows, and unchanged checkpoints are not read again.",
      "",
      "Examples:",
      "  qtrace audit --archive runs/",
      "  qtrace audit --archive s3a://bucket/runs --warehouse /data/qtrace --format json",
      "  qtrace audit --archive runs/ --report audit.html",
      "  qtrace audit --archive runs/ --base models/Qwen3-0.6B",
      "  qtrace audit --archive runs/ --tag release-1",
      "  qtrace audit --as-of 2026-11-20",
      "  qtrace audit --archive runs/ --fail-on finding --summary /data/qtrace/summary.json",
      "  qtrace audit --archive runs/ --events http://marquez:5000 --webhook env:QTRACE_WEBHOOK"
    })
final class AuditCommand implements Callable<Integer> {
  @Option(
      names = "--archive",
      paramLabel = "URI",
      description =
          "Folder that contains the runs: a local path or any Hadoop URI (s3a://, hdfs://, ...).")
  private String archive;

  @Mixin private BaseOption bases;

  @Option(
      names = "--fail-on",
      paramLabel = "violation|finding|never",
      defaultValue = "violation",
      description = {
        "Condition for exit status 1; default ${DEFAULT-VALUE}.",
        "violation: an edge violates the policy, or a checkpoint cannot be read.",
        "finding: also findings that leave the verdict CLEAN, such as a missing source.",
        "never: no finding; an audit that fails still exits with status 2.",
        "Findings covered by a waiver of the policy do not count."
      })
  private FailOn failOn;

  @Option(
      names = "--all",
      description = "Print every edge with its counts and notes, not only a summary of one page.")
  private boolean all;

  @Option(
      names = "--as-of",
      paramLabel = "STATE",
      description =
          "Print the last audit of each archive, or of --archive, in an earlier state of the tables,"
              + " without a new audit. The state is a time (2026-11-20T08:00:00Z), the ID of a snapshot of"
              + " a table, or a tag.")
  private String asOf;

  @Option(
      names = "--tag",
      paramLabel = "NAME",
      description =
          "Tag the state of the tables after this audit with a name, for --as-of and for VERSION AS OF"
              + " in SQL; 'qtrace maintain' never expires it.")
  private String tag;

  @Mixin private ResultOptions result;
  @Mixin private EventOptions events;
  @Mixin private ReportOption html;
  @Mixin private Rules rules;
  @Mixin private Warehouse warehouse;
  @Mixin private ProgressOption progress;
  @Mixin private Output output;

  @Override
  public Integer call() throws IOException {
    if (asOf != null) {
      return printEarlier();
    }
    if (archive == null) {
      throw new IllegalArgumentException("Missing option --archive, expected a folder of runs");
    }
    events.resolve();
    Instant started = Instant.now();
    try {
      AuditReport report = audit();
      int status = failOn.status(report);
      AuditSummary summary = AuditSummary.of(report, status, archive, started, Instant.now());
      result.write(summary, report);
      output.print(width -> text(report, archive, width), () -> Json.of(report));
      events.send(summary, report);
      return status;
    } catch (IOException | RuntimeException | Error e) {
      reportFailure(e, started);
      throw e;
    }
  }

  private List<String> text(AuditReport report, String uri, int width) {
    NextSteps next = new NextSteps(uri, bases.words(), rules.words(), warehouse.words());
    return all ? AuditText.all(report, next) : AuditText.page(report, next, width);
  }

  private int printEarlier() throws IOException {
    if (tag != null) {
      throw new IllegalArgumentException("Invalid option --tag: --as-of makes no new audit");
    }
    List<AuditReport> reports = new ArrayList<>();
    try (OpenSession session = warehouse.open()) {
      String root = archive == null ? null : Audit.root(session.spark(), archive);
      for (AuditEntry entry : new LineageStore(session.spark()).asOf(asOf).latestAudits()) {
        if (root == null || root.equals(entry.archive())) {
          reports.add(AuditedArchive.report(entry));
        }
      }
    }
    if (reports.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot find an audit of %s as of %s"
              .formatted(archive == null ? "any archive" : archive, asOf));
    }
    output.print(
        width ->
            reports.stream()
                .flatMap(report -> text(report, report.archive(), width).stream())
                .toList(),
        () -> archive == null ? Json.of(reports) : Json.of(reports.get(0)));
    return reports.stream().mapToInt(failOn::status).max().orElseThrow();
  }

  private AuditReport audit() throws IOException {
    Policy policy = rules.policy();
    Settings settings = rules.settings();
    try (OpenSession session = warehouse.open()) {
      AuditReport report =
          new Audit(session.spark(), settings, policy, progress).run(archive, bases.uris());
      if (tag != null) {
        new LineageStore(session.spark()).tag(tag, report.auditId());
      }
      html.write(session.spark(), report.auditId());
      events.collect(session.spark(), report);
      return report;
    }
  }

  // Last night's summary must not look like tonight's.
  private void reportFailure(Throwable failure, Instant started) {
    AuditSummary summary =
        AuditSummary.failed(
            Failure.reason(failure), ExitStatus.FAILED, archive, started, Instant.now());
    try {
      result.writeFailure(summary);
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
    events.sendFailure(summary);
  }
}
