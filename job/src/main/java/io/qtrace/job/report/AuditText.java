package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.text.Paragraph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.util.StringUtils;

/**
 * What {@code audit} prints as text: edges below the run of their child, findings, the conclusion.
 */
public final class AuditText {
  private static final String INDENT = " ".repeat(15);

  private AuditText() {}

  public static List<String> lines(AuditReport report) {
    List<String> lines = new ArrayList<>();
    lines.add("Audit %s of %s".formatted(report.auditId(), SafeText.of(report.archive())));
    lines.add(
        "%d runs, %d checkpoints (%d read, %d known), %d edges, %s, %s read"
            .formatted(
                report.size().runs(),
                report.size().checkpoints(),
                report.size().checkpointsRead(),
                report.size().checkpoints() - report.size().checkpointsRead(),
                report.edges().size(),
                size(report.size().bytes()),
                size(report.reading().bytesRead())));
    byRun(report.edges()).forEach((run, edges) -> addRun(lines, run, edges));
    add(lines, "Unreadable checkpoints", report.unreadable().stream().map(Findings::line).toList());
    add(lines, "Findings", report.findings().stream().map(Findings::line).toList());
    add(
        lines,
        "Skipped folders (not runs)",
        report.skipped().stream()
            .map(folder -> SafeText.of(folder.path()) + ": " + folder.reason())
            .toList());
    add(lines, "Notes", report.notes());
    add(lines, "Conclusion", report.conclusion());
    lines.add("");
    lines.add(
        "%s: %d of %d edges violate the policy, %d findings%s"
            .formatted(
                report.verdict(),
                report.violations(),
                report.edges().size(),
                report.findingCount(),
                report.waivedCount() == 0 ? "" : ", %d waived".formatted(report.waivedCount())));
    return lines;
  }

  private static Map<String, List<AuditedEdge>> byRun(List<RecordedEdge> edges) {
    Map<String, List<AuditedEdge>> runs = new LinkedHashMap<>();
    for (RecordedEdge edge : edges) {
      runs.computeIfAbsent(folder(edge.edge().ends().childPath()), run -> new ArrayList<>())
          .add(edge.edge());
    }
    return runs;
  }

  private static void addRun(List<String> lines, String run, List<AuditedEdge> edges) {
    lines.add("");
    lines.add(run.isEmpty() ? "." : SafeText.of(run));
    String child = "";
    for (AuditedEdge edge : edges) {
      if (!edge.ends().childPath().equals(child)) {
        child = edge.ends().childPath();
        lines.add("  " + SafeText.of(child.substring(run.isEmpty() ? 0 : run.length() + 1)));
      }
      lines.add(
          "    %-9s  %-10s from %s".formatted(edge.verdict(), edge.kind(), parent(edge, run)));
      lines.addAll(Paragraph.lines(INDENT, EdgeSummary.of(edge)));
      edge.findings()
          .forEach(finding -> lines.addAll(Paragraph.lines(INDENT, Findings.line(finding))));
      edge.notes().forEach(note -> lines.addAll(Paragraph.lines(INDENT, "note: " + note)));
    }
  }

  private static String parent(AuditedEdge edge, String run) {
    String path = edge.ends().parentPath();
    return SafeText.of(
        folder(path).equals(run) && !run.isEmpty() ? path.substring(run.length() + 1) : path);
  }

  private static void add(List<String> lines, String title, List<String> section) {
    if (!section.isEmpty()) {
      lines.add("");
      lines.add(title);
      section.forEach(line -> lines.addAll(Paragraph.lines("  ", line)));
    }
  }

  private static String folder(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  private static String size(long bytes) {
    return StringUtils.byteDesc(bytes);
  }
}
