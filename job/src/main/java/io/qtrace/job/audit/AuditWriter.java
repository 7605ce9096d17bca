package io.qtrace.job.audit;

import io.qtrace.job.archive.Archive;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.LineageTable;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Policy;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.policy.Waivers;
import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import io.qtrace.job.text.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Writes the results of an audit. Rows of a table count only once those of the tables written after
 * it are there; the audit's own row comes last and finishes it.
 */
final class AuditWriter {
  private final LineageStore lineage;
  private final AuditReading reading;
  private final Policy policy;
  private final Progress progress;
  private int written; // tables

  AuditWriter(LineageStore lineage, AuditReading reading, Policy policy, Progress progress) {
    this.lineage = lineage;
    this.reading = reading;
    this.policy = policy;
    this.progress = progress;
  }

  AuditReport write(
      AuditOutcome outcome,
      Archive archive,
      List<Finding> findings,
      List<String> notes,
      Instant started) {
    List<KnownCheckpoint> checkpoints = reading.checkpoints(outcome.id());
    writeRows(outcome, checkpoints);
    AuditReport report = report(outcome, archive, checkpoints, findings, notes);
    next();
    lineage.writeAudit(entry(report, started, Instant.now()));
    next();
    return report;
  }

  private void writeRows(AuditOutcome outcome, List<KnownCheckpoint> checkpoints) {
    String id = outcome.id();
    List<KnownCheckpoint> fresh =
        checkpoints.stream().filter(one -> one.auditId().equals(id) && isStored(one)).toList();
    List<AuditedEdge> edges =
        outcome.edges().stream().filter(outcome::isNew).map(RecordedEdge::edge).toList();
    boolean measured = fresh.stream().anyMatch(KnownCheckpoint::isReadable);
    Map<String, String> paths = new HashMap<>();
    fresh.forEach(one -> paths.put(one.id(), one.file().path()));
    next();
    if (measured) {
      lineage.writeTensors(id, reading.freshFacts(), paths);
    }
    next();
    if (measured) {
      lineage.writeInvariants(id, reading.freshFacts(), paths);
    }
    next();
    lineage.writeGlobals(id, reading.freshGlobals(), paths);
    next();
    lineage.writeCheckpoints(id, fresh);
    next();
    if (!edges.isEmpty()) {
      lineage.writeChanges(id, outcome.results());
    }
    next();
    if (!edges.isEmpty()) {
      lineage.writeQuantized(id, outcome.results());
    }
    next();
    lineage.writeEdges(id, edges);
    next();
    StoredEvaluation evaluation = reading.stored();
    lineage.writeCandidates(id, evaluation.method(), evaluation.freshTransitions());
    next();
    lineage.writeRulings(id, evaluation.method(), evaluation.freshRulings());
  }

  // Files modified while being read are reported, but not stored.
  private boolean isStored(KnownCheckpoint checkpoint) {
    return !reading.changed().contains(checkpoint.file());
  }

  private void next() {
    progress.show(Stage.of("writing", "tables", written++, LineageTable.values().length));
  }

  private AuditReport report(
      AuditOutcome outcome,
      Archive archive,
      List<KnownCheckpoint> checkpoints,
      List<Finding> found,
      List<String> notes) {
    Waivers waivers = policy.waivers();
    List<Finding> unreadable =
        checkpoints.stream()
            .filter(one -> !one.isReadable())
            .map(one -> new Finding("unreadable", 0, one.file().path(), one.error().orElseThrow()))
            .map(waivers::apply)
            .toList();
    List<Finding> findings = found.stream().map(waivers::apply).toList();
    List<Finding> all = new ArrayList<>(unreadable);
    all.addAll(outcome.roots());
    all.addAll(findings);
    outcome.edges().forEach(edge -> all.addAll(edge.edge().findings()));
    boolean clean =
        unreadable.stream().noneMatch(Finding::counts)
            && outcome.roots().stream().noneMatch(Finding::counts)
            && outcome.edges().stream().noneMatch(edge -> edge.edge().isViolation());
    return new AuditReport(
        outcome.id(),
        archive.root(),
        clean ? Verdict.CLEAN : Verdict.VIOLATION,
        new AuditReport.Size(
            archive.runs().size(),
            checkpoints.size(),
            (int)
                checkpoints.stream()
                    .filter(one -> one.auditId().equals(outcome.id()) && isStored(one))
                    .count(),
            checkpoints.stream().mapToLong(one -> one.file().stat().bytes()).sum()),
        reading.cost(outcome.bytesRead()),
        outcome.edges(),
        unreadable,
        outcome.roots(),
        findings,
        archive.skipped().stream()
            .filter(folder -> !folder.outside())
            .map(folder -> new AuditReport.Folder(folder.path(), folder.reason()))
            .toList(),
        Stream.concat(notes.stream(), waivers.unusedNotes(all).stream()).toList(),
        AuditConclusion.of(outcome, lineage, unreadable.size()));
  }

  private AuditEntry entry(AuditReport report, Instant started, Instant finished) {
    return new AuditEntry(
        report.auditId(),
        report.archive(),
        new AuditEntry.Span(started, finished),
        new AuditEntry.Made(
            Objects.requireNonNullElse(
                AuditWriter.class.getPackage().getImplementationVersion(), "unpackaged"),
            policy.version(),
            policy.hash()),
        new AuditEntry.Totals(
            report.size().checkpoints(),
            report.size().checkpointsRead(),
            report.edges().size(),
            report.violations(),
            report.findingCount()),
        report.verdict(),
        report.reading(),
        Json.line(report));
  }
}
