package io.qtrace.job.audit;

import io.qtrace.job.archive.Archive;
import io.qtrace.job.audit.policy.Policy;
import io.qtrace.job.audit.policy.Waivers;
import io.qtrace.job.lineage.AuditRow;
import io.qtrace.job.lineage.CheckpointRow;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.FindingRow;
import io.qtrace.job.text.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Sums an audit up. */
final class AuditReports {
  private AuditReports() {}

  static AuditReport of(
      Archive archive,
      List<FindingRow> findings,
      Waivers waivers,
      AuditRecord record,
      AuditReading reading) {
    List<CheckpointRow> checkpoints = record.checkpoints();
    List<EdgeRow> edges = record.edges();
    List<FindingRow> unreadable =
        checkpoints.stream()
            .filter(row -> !row.isReadable())
            .map(row -> new FindingRow("unreadable", 0, row.path(), row.error()))
            .map(waivers::apply)
            .toList();
    List<FindingRow> known = findings.stream().map(waivers::apply).toList();
    List<FindingRow> all = new ArrayList<>(unreadable);
    all.addAll(known);
    edges.forEach(edge -> all.addAll(edge.findings()));
    boolean clean =
        unreadable.stream().noneMatch(FindingRow::counts)
            && edges.stream().allMatch(edge -> edge.verdict().equals(Verdict.CLEAN.name()));
    return new AuditReport(
        record.id(),
        archive.root(),
        (clean ? Verdict.CLEAN : Verdict.VIOLATION).name(),
        archive.runs().size(),
        checkpoints.size(),
        record.checkpointsRead(),
        checkpoints.stream().mapToLong(CheckpointRow::bytes).sum(),
        reading.bytesRead(),
        reading.bytesSkipped(),
        reading.tensorsCompared(),
        edges,
        unreadable,
        known,
        archive.skipped().stream()
            .map(folder -> new AuditReport.Folder(folder.path(), folder.reason()))
            .toList(),
        waivers.unusedNotes(all),
        AuditConclusion.of(edges, record.allQuantizedChanges(), unreadable.size()));
  }

  static AuditRow row(AuditReport report, Policy policy, Instant started, Instant finished) {
    return new AuditRow(
        report.auditId(),
        report.archive(),
        started,
        finished,
        Objects.requireNonNullElse(
            AuditReports.class.getPackage().getImplementationVersion(), "unpackaged"),
        policy.version(),
        policy.hash(),
        report.checkpoints(),
        report.checkpointsRead(),
        report.edges().size(),
        report.violations(),
        report.findingCount(),
        report.verdict(),
        report.bytesRead(),
        report.bytesSkipped(),
        report.tensorsCompared(),
        Json.line(report));
  }
}
