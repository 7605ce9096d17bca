package io.qtrace.job.report;

import io.qtrace.job.audit.AuditReport;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.text.ShellCommand;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What to do after an audit, as commands to paste into a shell.
 *
 * @param archive as given to the audit
 * @param bases options that name base models outside the archive
 * @param rules options that name its policy and settings
 * @param tables options that name its tables
 */
public record NextSteps(
    String archive, List<String> bases, List<String> rules, List<String> tables) {
  public NextSteps {
    Objects.requireNonNull(archive, "archive");
    bases = List.copyOf(bases);
    rules = List.copyOf(rules);
    tables = List.copyOf(tables);
  }

  /**
   * @param more whether {@code --all} would show more
   */
  List<String> lines(AuditReport report, boolean more) {
    List<String> lines = new ArrayList<>();
    worst(report.edges())
        .ifPresent(
            ends ->
                add(
                    lines,
                    "Look at the first violation layer by layer:",
                    words(
                        List.of("explain", file(ends.parentPath()), file(ends.childPath())),
                        rules)));
    inspect(lines, "Look at the first unreadable checkpoint:", report.unreadable());
    inspect(
        lines, "Look at the first checkpoint without a parent that has findings:", report.roots());
    if (report.findingCount() > 0) {
      lines.add("  Correct what is wrong and audit again, or waive known findings in the policy.");
    } else {
      lines.add("  Nothing needs to be done.");
    }
    if (more) {
      add(
          lines,
          "Every edge with its counts and notes:",
          words(List.of("audit", "--archive", archive), bases, rules, tables, List.of("--all")));
    }
    add(
        lines,
        "Which checkpoint was made from which:",
        words(List.of("lineage", "--archive", archive), bases, rules, tables));
    return lines;
  }

  private void inspect(List<String> lines, String what, List<Finding> checkpoints) {
    checkpoints.stream()
        .findFirst()
        .ifPresent(finding -> add(lines, what, List.of("inspect", file(finding.example()))));
  }

  // Prefers edges that the weights do not reject: they can be explained layer by layer.
  private static Optional<EdgeEnds> worst(List<RecordedEdge> edges) {
    return edges.stream()
        .map(RecordedEdge::edge)
        .filter(AuditedEdge::isViolation)
        .min(Comparator.comparing(AuditedEdge::isRejected))
        .map(AuditedEdge::ends);
  }

  // The path of a checkpoint outside the archive is its URI.
  private String file(String path) {
    if (path.contains(":/")) {
      return path;
    }
    return archive.endsWith("/") ? archive + path : archive + "/" + path;
  }

  @SafeVarargs
  private static List<String> words(List<String>... parts) {
    return Stream.of(parts).flatMap(List::stream).toList();
  }

  private static void add(List<String> lines, String what, List<String> command) {
    lines.add("  " + what);
    lines.add("    " + ShellCommand.qtrace(command));
  }
}
