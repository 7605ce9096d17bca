package io.qtrace.job.report;

import io.qtrace.job.policy.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The result of an audit as gauges in the text exposition format of Prometheus, version 0.0.4, each
 * with the archive as label.
 */
public final class AuditMetrics {
  private final StringJoiner lines = new StringJoiner("\n", "", "\n");
  private final String labels;

  private AuditMetrics(String archive) {
    this.labels = "{archive=\"%s\"}".formatted(escaped(archive));
  }

  /** The gauges of an audit; for a failed one only its status and times. */
  public static String of(AuditSummary summary) {
    AuditMetrics metrics = new AuditMetrics(summary.archive());
    Instant finished = Instant.parse(summary.finished());
    metrics.add(
        "status",
        "Exit status of the audit: 0 clean, 1 violations found, 2 error.",
        summary.status());
    metrics.add(
        "finished_timestamp_seconds",
        "Time when the audit finished, in seconds since the Unix epoch.",
        finished.getEpochSecond());
    metrics.add(
        "duration_seconds",
        "Duration of the audit in seconds.",
        Duration.between(Instant.parse(summary.started()), finished).toSeconds());
    Optional.ofNullable(summary.audit()).ifPresent(metrics::add);
    return metrics.lines.toString();
  }

  private void add(AuditSummary.Audit audit) {
    add(
        "violation",
        "1 if the verdict is VIOLATION, else 0.",
        audit.verdict() == Verdict.CLEAN ? 0 : 1);
    add("runs", "Runs in the archive.", audit.runs());
    add("checkpoints", "Checkpoints in the archive.", audit.checkpoints());
    add("checkpoints_read", "Checkpoints that no earlier audit had read.", audit.checkpointsRead());
    add("edges", "Pairs of parent and child checkpoints.", audit.edges());
    add("violations", "Edges that violate the policy.", audit.violations());
    add("findings", "Findings not covered by a waiver.", audit.findings());
    add("waived", "Findings covered by a waiver.", audit.waived());
    add("read_bytes", "Bytes read from checkpoints.", audit.bytesRead());
    add(
        "skipped_bytes",
        "Bytes of checkpoints known from earlier audits, not read again.",
        audit.bytesSkipped());
    add("tensors_compared", "Tensors compared with those of a parent.", audit.tensorsCompared());
  }

  private void add(String name, String help, long value) {
    String metric = "qtrace_audit_" + name;
    lines.add("# HELP %s %s".formatted(metric, help));
    lines.add("# TYPE %s gauge".formatted(metric));
    lines.add("%s%s %d".formatted(metric, labels, value));
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
