package io.qtrace.job.report;

import io.qtrace.job.policy.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What an audit came to as gauges in the text exposition format of Prometheus, version 0.0.4, each
 * with the archive as label.
 */
public final class AuditMetrics {
  private final StringJoiner lines = new StringJoiner("\n", "", "\n");
  private final String labels;

  private AuditMetrics(String archive) {
    this.labels = "{archive=\"%s\"}".formatted(escaped(archive));
  }

  /** The gauges of an audit; of one that could not be done its status and times only. */
  public static String of(AuditSummary summary) {
    AuditMetrics metrics = new AuditMetrics(summary.archive());
    Instant finished = Instant.parse(summary.finished());
    metrics.add("status", "Exit status: 0, 1, or 2 for an audit that failed.", summary.status());
    metrics.add(
        "finished_timestamp_seconds", "When it ended, Unix time.", finished.getEpochSecond());
    metrics.add(
        "duration_seconds",
        "How long it took.",
        Duration.between(Instant.parse(summary.started()), finished).toSeconds());
    Optional.ofNullable(summary.audit()).ifPresent(metrics::add);
    return metrics.lines.toString();
  }

  private void add(AuditSummary.Audit audit) {
    add("violation", "1 if its verdict is VIOLATION.", audit.verdict() == Verdict.CLEAN ? 0 : 1);
    add("runs", "Runs of the archive.", audit.runs());
    add("checkpoints", "Checkpoints of the archive.", audit.checkpoints());
    add("checkpoints_read", "Those that no earlier audit had read.", audit.checkpointsRead());
    add("edges", "Pairs of parent and child.", audit.edges());
    add("violations", "Edges with a finding that counts.", audit.violations());
    add("findings", "Findings that no waiver covers.", audit.findings());
    add("waived", "Findings that a waiver covers.", audit.waived());
    add("read_bytes", "Bytes read of checkpoints.", audit.bytesRead());
    add("skipped_bytes", "Bytes of checkpoints that were known.", audit.bytesSkipped());
    add("tensors_compared", "Tensors compared with their parents'.", audit.tensorsCompared());
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
