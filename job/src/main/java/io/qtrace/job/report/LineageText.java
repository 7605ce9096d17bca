package io.qtrace.job.report;

import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.policy.EdgeKind;
import io.qtrace.job.report.LineageTree.Node;
import io.qtrace.job.text.Paragraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A {@link LineageTree} as text: a line per checkpoint, or a line per run. */
public final class LineageText {
  private static final int MOST = 100; // checkpoints with a line each

  /**
   * What one line shows.
   *
   * @param below further lines about it
   */
  private record Item(int depth, String title, List<String> below) {}

  private LineageText() {}

  /** The forest; if it has more than 100 checkpoints, those of a run are folded into one line. */
  public static List<String> lines(LineageTree tree) {
    return tree.checkpoints().size() > MOST ? folded(tree) : all(tree);
  }

  /** The forest with a line for every checkpoint. */
  public static List<String> all(LineageTree tree) {
    List<String> lines = title(tree);
    lines.addAll(draw(tree.checkpoints().stream().map(LineageText::item).toList()));
    return lines;
  }

  private static List<String> folded(LineageTree tree) {
    List<String> lines = title(tree);
    List<Item> items = new ArrayList<>();
    Fold.of(tree).forEach(root -> root.addTo(items, 0));
    lines.addAll(draw(items));
    lines.addAll(
        Paragraph.lines(
            "",
            "%s in %s: --run RUN shows the checkpoints of one run, --all every checkpoint"
                .formatted(
                    Amount.of(tree.checkpoints().size(), "checkpoint"),
                    Amount.of(items.size(), "line"))));
    return lines;
  }

  private static List<String> title(LineageTree tree) {
    String title = "audit %s of %s".formatted(tree.auditId(), SafeText.of(tree.archive()));
    return new ArrayList<>(List.of(title));
  }

  /** Checkpoints of one run that come, directly or not, from one checkpoint outside of it. */
  private static final class Fold {
    private final String run;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Fold> children = new TreeMap<>(); // by run

    private Fold(String run) {
      this.run = run;
    }

    /** The folds of the roots' runs. */
    static List<Fold> of(LineageTree tree) {
      Map<String, Fold> roots = new TreeMap<>();
      Map<String, Fold> byPath = new HashMap<>();
      for (Node node : tree.checkpoints()) {
        String run = RunTable.run(node.path());
        Fold parent = byPath.get(node.parent());
        Fold fold =
            parent == null
                ? roots.computeIfAbsent(run, Fold::new)
                : parent.run.equals(run) ? parent : parent.children.computeIfAbsent(run, Fold::new);
        fold.nodes.add(node);
        byPath.put(node.path(), fold);
      }
      return List.copyOf(roots.values());
    }

    void addTo(List<Item> items, int depth) {
      items.add(
          nodes.size() == 1
              ? new Item(depth, item(nodes.get(0)).title, below(nodes.get(0)))
              : new Item(depth, title(), List.of()));
      children.values().forEach(child -> child.addTo(items, depth + 1));
    }

    private String title() {
      List<EdgeKind> kinds =
          nodes.stream()
              .filter(node -> node.edge() != null)
              .map(node -> node.edge().edge().kind())
              .toList();
      long violations =
          nodes.stream().flatMap(Fold::edges).filter(edge -> edge.edge().isViolation()).count();
      return "%s: %s (%s) %s"
          .formatted(
              run.isEmpty() ? "." : SafeText.of(run),
              Amount.of(nodes.size(), "checkpoint"),
              RunSummary.kinds(kinds),
              violations == 0 ? "CLEAN" : "VIOLATION: " + Amount.of(violations, "edge"));
    }

    private static Stream<RecordedEdge> edges(Node node) {
      return Stream.of(
              Stream.ofNullable(node.edge()), node.contradicted().stream(), node.others().stream())
          .flatMap(edges -> edges);
    }
  }

  private static Item item(Node node) {
    String path = SafeText.of(node.path());
    return new Item(
        node.depth(),
        node.edge() == null
            ? path
            : "%s %s: %s (%s)"
                .formatted(
                    node.edge().edge().kind(),
                    node.edge().edge().verdict(),
                    path,
                    EdgeSummary.of(node.edge().edge())),
        below(node));
  }

  private static List<String> below(Node node) {
    List<String> lines = new ArrayList<>();
    for (RecordedEdge edge : node.contradicted()) {
      lines.add(
          "not made from %s: the weights contradict %s, %s"
              .formatted(
                  SafeText.of(edge.edge().ends().parentPath()),
                  edge.edge().has(Evidence.DECLARED)
                      ? "its run's config.json"
                      : "the order of files",
                  edge.edge().verdict()));
    }
    node.others().stream()
        .filter(edge -> edge.edge().isViolation())
        .forEach(
            edge ->
                lines.add(
                    "also %s VIOLATION from %s"
                        .formatted(
                            edge.edge().kind(), SafeText.of(edge.edge().ends().parentPath()))));
    return lines;
  }

  private static List<String> draw(List<Item> items) {
    List<String> lines = new ArrayList<>();
    boolean[] open = new boolean[items.size() + 2]; // by depth: whether a sibling follows
    boolean[] followed = followed(items);
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      int depth = item.depth;
      open[depth] = followed[i];
      String indent = indent(open, depth);
      String branch = depth == 0 ? "" : open[depth] ? "├─ " : "└─ ";
      lines.add(indent + branch + item.title);
      boolean hasChildren = i + 1 < items.size() && items.get(i + 1).depth > depth;
      String below =
          indent + (depth == 0 ? "" : open[depth] ? "│  " : "   ") + (hasChildren ? "│  " : "   ");
      item.below.forEach(line -> lines.add(below + line));
    }
    return lines;
  }

  // Whether a later item has the same parent.
  private static boolean[] followed(List<Item> items) {
    boolean[] followed = new boolean[items.size()];
    boolean[] seen = new boolean[items.size() + 2]; // by depth, below the same parent
    for (int i = items.size() - 1; i >= 0; i--) {
      int depth = items.get(i).depth;
      followed[i] = seen[depth];
      seen[depth] = true;
      Arrays.fill(seen, depth + 1, seen.length, false);
    }
    return followed;
  }

  private static String indent(boolean[] open, int depth) {
    StringBuilder indent = new StringBuilder();
    for (int d = 1; d < depth; d++) {
      indent.append(open[d] ? "│  " : "   ");
    }
    return indent.toString();
  }
}
