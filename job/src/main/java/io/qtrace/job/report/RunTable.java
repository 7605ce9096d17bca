package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The runs of an audit, one line each: checkpoints, edges by kind, verdict. */
final class RunTable {
  private static final int MOST = 60;
  private static final String INDENT = "  ";

  /** A run, counted. */
  private static final class Run {
    private final Set<String> checkpoints = new HashSet<>();
    private final List<EdgeKind> kinds = new ArrayList<>();
    private int violations;
    private int unreadable;
    private final Set<String> roots = new HashSet<>();

    boolean isClean() {
      return violations + unreadable + roots.size() == 0;
    }

    String verdict() {
      List<String> wrong = new ArrayList<>();
      if (violations > 0) {
        wrong.add(Amount.of(violations, "edge"));
      }
      if (unreadable > 0) {
        wrong.add(unreadable + " unreadable");
      }
      if (!roots.isEmpty()) {
        wrong.add(roots.size() + " without a parent");
      }
      return isClean() ? "CLEAN" : "VIOLATION: " + String.join(", ", wrong);
    }
  }

  private final Map<String, Run> runs = new TreeMap<>();

  private RunTable(AuditReport report) {
    report.edges().stream().map(RecordedEdge::edge).forEach(this::add);
    for (Finding finding : report.unreadable()) {
      Run run = at(finding.example());
      run.unreadable += finding.counts() ? 1 : 0;
    }
    for (Finding finding : report.roots()) {
      Run run = at(finding.example());
      if (finding.counts()) {
        run.roots.add(finding.example());
      }
    }
  }

  private void add(AuditedEdge edge) {
    at(edge.ends().parentPath());
    Run run = at(edge.ends().childPath());
    run.kinds.add(edge.kind());
    run.violations += edge.isViolation() ? 1 : 0;
  }

  private Run at(String checkpoint) {
    Run run = runs.computeIfAbsent(run(checkpoint), folder -> new Run());
    run.checkpoints.add(checkpoint);
    return run;
  }

  /** The run that a checkpoint lies in: its folder. */
  static String run(String checkpoint) {
    return checkpoint.substring(0, Math.max(checkpoint.lastIndexOf('/'), 0));
  }

  /**
   * A title and a line per run in order of names; if there are more than 60 runs, clean ones are
   * left out first.
   */
  static List<String> lines(AuditReport report, int width) {
    Map<String, Run> runs = new RunTable(report).runs;
    Set<String> shown =
        runs.keySet().stream()
            .sorted(Comparator.comparing(name -> runs.get(name).isClean()))
            .limit(MOST)
            .collect(Collectors.toSet());
    TextTable table =
        new TextTable(
            Column.text("run"),
            Column.number("checkpoints"),
            Column.text("edges"),
            Column.text("verdict"));
    runs.forEach(
        (name, run) -> {
          if (shown.contains(name)) {
            table.add(
                name.isEmpty() ? "." : name,
                run.checkpoints.size(),
                RunSummary.kinds(run.kinds),
                run.verdict());
          }
        });
    List<String> lines = new ArrayList<>();
    if (!runs.isEmpty()) {
      table.lines(width - INDENT.length()).forEach(line -> lines.add(INDENT + line));
    }
    long dirty = runs.values().stream().filter(run -> !run.isClean()).count();
    More.of(
            runs.size() - MOST,
            "run",
            dirty <= MOST ? "all CLEAN" : "%d with violations".formatted(dirty - MOST))
        .ifPresent(more -> lines.add(INDENT + more));
    int alone =
        report.size().checkpoints()
            - runs.values().stream().mapToInt(run -> run.checkpoints.size()).sum();
    if (alone > 0) {
      lines.add(INDENT + "checkpoints without a parent or a child: " + alone);
    }
    return lines;
  }
}
