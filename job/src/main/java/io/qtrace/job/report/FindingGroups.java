package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.text.Paragraph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The findings of edges, grouped where edges of one kind break the same rules: the first edge with
 * its findings in full, the others by name.
 */
final class FindingGroups {
  private static final int MOST = 30; // groups
  private static final int NAMED = 4; // further edges of a group

  /** What the edges of a group have in common. */
  private record Fault(EdgeKind kind, List<String> rules) {
    static Fault of(AuditedEdge edge) {
      return new Fault(
          edge.kind(), edge.findings().stream().map(Finding::rule).distinct().sorted().toList());
    }
  }

  private FindingGroups() {}

  /** The groups of edges with findings; no lines if there are none. */
  static List<String> lines(Stream<AuditedEdge> edges) {
    Map<Fault, List<AuditedEdge>> groups =
        edges
            .filter(edge -> !edge.findings().isEmpty())
            .collect(Collectors.groupingBy(Fault::of, LinkedHashMap::new, Collectors.toList()));
    List<String> lines = new ArrayList<>();
    groups.values().stream().limit(MOST).forEach(group -> add(lines, group));
    long hidden = groups.values().stream().skip(MOST).mapToLong(List::size).sum();
    More.of(hidden, "edge", "with other findings").ifPresent(more -> lines.add("  " + more));
    return lines;
  }

  private static void add(List<String> lines, List<AuditedEdge> group) {
    AuditedEdge first = group.get(0);
    lines.add("  " + title(first));
    for (Finding finding : first.findings()) {
      lines.addAll(Paragraph.lines("    ", Findings.line(finding)));
    }
    if (group.size() > 1) {
      lines.add("    the same findings:");
    }
    group.stream()
        .skip(1)
        .limit(NAMED)
        .forEach(edge -> lines.add("      %s%s".formatted(title(edge), example(edge))));
    More.of(group.size() - 1 - NAMED, "edge").ifPresent(more -> lines.add("      " + more));
  }

  private static String title(AuditedEdge edge) {
    String child = SafeText.of(edge.ends().childPath());
    String parent = SafeText.of(edge.ends().parentPath());
    return edge.isRejected()
        ? "%s, not made from %s".formatted(child, parent)
        : "%s from %s (%s)".formatted(child, parent, edge.kind());
  }

  // The true parent differs from edge to edge.
  private static String example(AuditedEdge edge) {
    return edge.isRejected() && !edge.findings().isEmpty()
        ? " but " + SafeText.of(edge.findings().get(0).example())
        : "";
  }
}
