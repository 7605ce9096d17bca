package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.text.Paragraph;
import io.qtrace.job.text.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What {@code audit} prints as text, from the verdict to what to do next: a page with the findings
 * and a line per run, or every edge.
 */
public final class AuditText {
  private static final String INDENT = " ".repeat(15);
  private static final int LISTED = 10; // of a section of the page

  private final AuditReport report;
  private final List<AuditedEdge> edges;
  private final List<String> lines = new ArrayList<>();

  private AuditText(AuditReport report) {
    this.report = report;
    this.edges = report.edges().stream().map(RecordedEdge::edge).toList();
  }

  /**
   * About one page, however large the archive is.
   *
   * @param width maximum number of characters in a line of a table
   */
  public static List<String> page(AuditReport report, NextSteps next, int width) {
    AuditText text = new AuditText(report);
    text.verdict();
    text.section(
        "Findings", FindingGroups.lines(text.edges.stream().filter(AuditedEdge::isViolation)));
    text.section(
        "Waived findings",
        FindingGroups.lines(text.edges.stream().filter(edge -> !edge.isViolation())));
    text.rest(LISTED);
    text.section("Runs", RunTable.lines(report, width));
    text.section("Trained", Regimes.lines(text.edges));
    text.end(next.lines(report, true));
    return text.lines;
  }

  /** Every edge, listed under the run of its child, with its counts, findings and notes. */
  public static List<String> all(AuditReport report, NextSteps next) {
    AuditText text = new AuditText(report);
    text.verdict();
    text.byRun().forEach(text::run);
    text.rest(Integer.MAX_VALUE);
    text.end(next.lines(report, false));
    return text.lines;
  }

  private void verdict() {
    lines.add(
        "%s: %s%s"
            .formatted(
                report.verdict(),
                Verdict.counts(report.violations(), edges.size(), report.findingCount()),
                report.waivedCount() == 0 ? "" : ", %d waived".formatted(report.waivedCount())));
    lines.add("Audit %s of %s".formatted(report.auditId(), SafeText.of(report.archive())));
    AuditReport.Size size = report.size();
    lines.add(
        "%s, %s (%d read, %d known), %s, %s, %s read"
            .formatted(
                Amount.of(size.runs(), "run"),
                Amount.of(size.checkpoints(), "checkpoint"),
                size.checkpointsRead(),
                size.checkpoints() - size.checkpointsRead(),
                Amount.of(edges.size(), "edge"),
                Units.size(size.bytes()),
                Units.size(report.reading().bytesRead())));
  }

  private void rest(int most) {
    list("Unreadable checkpoints", report.unreadable(), Findings::line, most);
    list("Checkpoints without a parent", report.roots(), Findings::line, most);
    list("Findings about the archive", report.findings(), Findings::line, most);
    list(
        "Skipped folders (not runs)",
        report.skipped(),
        folder -> SafeText.of(folder.path()) + ": " + folder.reason(),
        most);
    list("Notes", report.notes(), note -> note, most);
  }

  private void end(List<String> next) {
    list("Conclusion", report.conclusion(), sentence -> sentence, Integer.MAX_VALUE);
    section("Next", next);
  }

  private Map<String, List<AuditedEdge>> byRun() {
    Map<String, List<AuditedEdge>> runs = new LinkedHashMap<>();
    edges.forEach(
        edge ->
            runs.computeIfAbsent(RunTable.run(edge.ends().childPath()), run -> new ArrayList<>())
                .add(edge));
    return runs;
  }

  private void run(String run, List<AuditedEdge> all) {
    lines.add("");
    lines.add(run.isEmpty() ? "." : SafeText.of(run));
    String child = "";
    for (AuditedEdge edge : all) {
      if (!edge.ends().childPath().equals(child)) {
        child = edge.ends().childPath();
        lines.add("  " + SafeText.of(within(run, child)));
      }
      lines.add(
          "    %-9s  %-10s from %s"
              .formatted(
                  edge.verdict(), edge.kind(), SafeText.of(within(run, edge.ends().parentPath()))));
      lines.addAll(Paragraph.lines(INDENT, EdgeSummary.of(edge)));
      for (Finding finding : edge.findings()) {
        lines.addAll(Paragraph.lines(INDENT, Findings.line(finding)));
      }
      edge.notes().forEach(note -> lines.addAll(Paragraph.lines(INDENT, "note: " + note)));
    }
  }

  private static String within(String run, String path) {
    return RunTable.run(path).equals(run) && !run.isEmpty()
        ? path.substring(run.length() + 1)
        : path;
  }

  private <T> void list(String title, List<T> all, Function<T, String> line, int most) {
    List<String> section = new ArrayList<>();
    all.stream().limit(most).forEach(one -> section.addAll(Paragraph.lines("  ", line.apply(one))));
    More.of(all.size() - most).ifPresent(more -> section.add("  " + more));
    section(title, section);
  }

  private void section(String title, List<String> section) {
    if (!section.isEmpty()) {
      lines.add("");
      lines.add(title);
      lines.addAll(section);
    }
  }
}
