package io.qtrace.job.report;

import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.EdgeRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checkpoints as a forest: below each one those that were made from it. A checkpoint with several
 * edges stands below the parent that says most of it: one that the weights tell, else the one
 * before it in its run, else the declared one.
 *
 * @param roots checkpoints without a parent, by path
 */
public record LineageTree(List<Node> roots) {
  /**
   * One checkpoint.
   *
   * @param edge how it was made; null for a root
   */
  public record Node(String path, EdgeRow edge, List<Node> children) {}

  public LineageTree {
    roots = List.copyOf(roots);
  }

  /** The forest of these checkpoints, whatever edges it takes to reach them. */
  public static LineageTree of(Collection<String> paths, List<EdgeRow> edges) {
    Map<String, EdgeRow> chosen = new HashMap<>();
    edges.forEach(edge -> chosen.merge(edge.childPath(), edge, LineageTree::closer));
    Map<String, Set<String>> children = new HashMap<>();
    Set<String> roots = new TreeSet<>(paths);
    chosen.values().forEach(edge -> roots.add(edge.parentPath()));
    for (EdgeRow edge : chosen.values()) {
      if (!descends(edge.parentPath(), edge.childPath(), chosen)) {
        children
            .computeIfAbsent(edge.parentPath(), parent -> new TreeSet<>())
            .add(edge.childPath());
        roots.remove(edge.childPath());
      }
    }
    return new LineageTree(roots.stream().map(root -> node(root, null, children, chosen)).toList());
  }

  private static Node node(
      String path, EdgeRow edge, Map<String, Set<String>> children, Map<String, EdgeRow> chosen) {
    return new Node(
        path,
        edge,
        children.getOrDefault(path, Set.of()).stream()
            .map(child -> node(child, chosen.get(child), children, chosen))
            .toList());
  }

  // Whether a checkpoint was made, over some others, from what it is said to lead to.
  private static boolean descends(String path, String ancestor, Map<String, EdgeRow> chosen) {
    Set<String> seen = new HashSet<>();
    for (EdgeRow edge = chosen.get(path);
        edge != null && seen.add(edge.childPath());
        edge = chosen.get(edge.parentPath())) {
      if (edge.parentPath().equals(ancestor)) {
        return true;
      }
    }
    return false;
  }

  private static EdgeRow closer(EdgeRow one, EdgeRow other) {
    Comparator<EdgeRow> closeness =
        Comparator.comparingInt((EdgeRow edge) -> weight(edge.evidence()))
            .thenComparing(EdgeRow::parentPath);
    return closeness.compare(one, other) >= 0 ? one : other;
  }

  private static int weight(List<String> evidence) {
    return evidence.contains("weights") ? 2 : evidence.contains("order") ? 1 : 0;
  }

  /** The forest in lines of text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Node root : roots) {
      lines.add(SafeText.of(root.path()));
      addChildren(lines, root, "");
    }
    return lines;
  }

  private static void addChildren(List<String> lines, Node parent, String indent) {
    for (int i = 0; i < parent.children().size(); i++) {
      Node child = parent.children().get(i);
      boolean last = i == parent.children().size() - 1;
      EdgeRow edge = child.edge();
      lines.add(
          "%s%s %s %s: %s"
              .formatted(
                  indent,
                  last ? "└─" : "├─",
                  edge.kind(),
                  edge.verdict(),
                  SafeText.of(child.path())));
      addChildren(lines, child, indent + (last ? "   " : "│  "));
    }
  }

  /** The forest in Graphviz's language. */
  public List<String> dot() {
    List<String> lines = new ArrayList<>();
    lines.add("digraph lineage {");
    lines.add("  rankdir=LR;");
    lines.add("  node [shape=box];");
    roots.forEach(root -> addDot(lines, root));
    lines.add("}");
    return lines;
  }

  private static void addDot(List<String> lines, Node parent) {
    lines.add("  " + quoted(parent.path()) + ";");
    for (Node child : parent.children()) {
      EdgeRow edge = child.edge();
      lines.add(
          "  %s -> %s [label=%s%s];"
              .formatted(
                  quoted(parent.path()),
                  quoted(child.path()),
                  quoted(
                      "%s, %d changed, _Q %d of %d"
                          .formatted(
                              edge.kind(), edge.changed(), edge.qChanged(), edge.qBuffers())),
                  edge.verdict().equals("CLEAN") ? "" : ", color=red"));
      addDot(lines, child);
    }
  }

  private static String quoted(String text) {
    return '"' + SafeText.of(text).replace("\"", "\\\"") + '"';
  }
}
