package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.RecordedEdge;
import java.util.ArrayList;
import java.util.List;

/** Forests in Graphviz's DOT language; edges that violate the policy are red. */
public final class LineageDot {
  private LineageDot() {}

  /** One graph of all trees; checkpoints of different archives are different nodes. */
  public static List<String> lines(List<LineageTree> trees) {
    List<String> lines = new ArrayList<>();
    lines.add("digraph lineage {");
    lines.add("  rankdir=LR;");
    lines.add("  node [shape=box];");
    for (int i = 0; i < trees.size(); i++) {
      String prefix = trees.size() == 1 ? "" : i + ":";
      for (LineageTree.Node node : trees.get(i).checkpoints()) {
        add(lines, prefix, node);
      }
    }
    lines.add("}");
    return lines;
  }

  private static void add(List<String> lines, String prefix, LineageTree.Node node) {
    String child = quoted(prefix + node.path());
    lines.add("  %s [label=%s];".formatted(child, quoted(node.path())));
    if (node.edge() != null) {
      AuditedEdge edge = node.edge().edge();
      String label =
          "%s %s, %d changed, _Q %d of %d"
              .formatted(
                  edge.kind(),
                  edge.verdict(),
                  edge.counts().status().changed(),
                  edge.counts().quantized().qChanged(),
                  edge.counts().quantized().qBuffers());
      lines.add(arrow(quoted(prefix + node.parent()), child, label, edge, ""));
    }
    for (RecordedEdge recorded : node.contradicted()) {
      AuditedEdge edge = recorded.edge();
      String parent = quoted(prefix + edge.ends().parentPath());
      lines.add(arrow(parent, child, "contradicted", edge, ", style=dashed"));
    }
    for (RecordedEdge recorded : node.others()) {
      AuditedEdge edge = recorded.edge();
      if (edge.isViolation()) {
        String parent = quoted(prefix + edge.ends().parentPath());
        lines.add(arrow(parent, child, edge.kind() + " VIOLATION", edge, ", style=dotted"));
      }
    }
  }

  private static String arrow(
      String parent, String child, String label, AuditedEdge edge, String style) {
    String colour = edge.isViolation() ? ", color=red" : "";
    return "  %s -> %s [label=%s%s%s];".formatted(parent, child, quoted(label), colour, style);
  }

  private static String quoted(String text) {
    return '"' + SafeText.of(text).replace("\"", "\\\"") + '"';
  }
}
