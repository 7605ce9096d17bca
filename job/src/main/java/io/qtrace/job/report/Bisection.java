package io.qtrace.job.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.qtrace.io.Amount;
import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.Departures.Below;
import io.qtrace.job.lineage.Departures.Departure;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.policy.Verdict;
import io.qtrace.job.text.TextTable;
import io.qtrace.job.text.TextTable.Column;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The first edges on which a tensor, or any {@code _Q}, differs from that of a checkpoint: one on
 * each line of descent from it.
 *
 * @param tensor null for every {@code _Q}
 * @param since path of the checkpoint
 * @param checkpoints number of checkpoints made from it, on the lines of descent that were searched
 * @param edges in the order of the tree
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Bisection(
    String archive,
    String auditId,
    String tensor,
    String since,
    int checkpoints,
    List<FirstEdge> edges) {
  public Bisection {
    edges = List.copyOf(edges);
  }

  /**
   * An edge on which tensors changed for the first time.
   *
   * @param tensors how many
   */
  public record FirstEdge(
      String parent,
      String child,
      String kind,
      Verdict verdict,
      long tensors,
      List<Departure> causes) {}

  /**
   * Searches the lines of descent from a checkpoint.
   *
   * @param until checkpoint to which the search is limited; if empty, all lines of descent are
   *     searched
   * @throws IllegalArgumentException if {@code until} was not made from {@code since}, or the
   *     checkpoint has no such tensor
   */
  public static Bisection of(
      LineageTree tree,
      LineageTree.Node since,
      Optional<LineageTree.Node> until,
      Optional<String> tensor,
      LineageStore lineage) {
    if (!lineage.has(since.id(), tensor)) {
      throw new IllegalArgumentException(
          "Cannot find %s: %s has none"
              .formatted(tensor.map(name -> "tensor '" + name + "'").orElse("_Q"), since.path()));
    }
    Map<String, List<String>> above = new HashMap<>(); // checkpoints of the path, by its end
    above.put(since.id(), List.of());
    Map<String, LineageTree.Node> below = new HashMap<>();
    List<LineageTree.Node> order = new ArrayList<>();
    for (LineageTree.Node node : tree.checkpoints()) { // each after its parent
      String parent = node.edge() == null ? null : node.edge().edge().ends().parentId();
      if (parent != null && above.containsKey(parent)) {
        List<String> way = new ArrayList<>(above.get(parent));
        if (!parent.equals(since.id())) {
          way.add(parent);
        }
        above.put(node.id(), way);
        below.put(node.id(), node);
        order.add(node);
      }
    }
    if (until.isPresent()) {
      String end = until.get().id();
      if (!below.containsKey(end)) {
        throw new IllegalArgumentException(
            "Invalid --until: %s was not made from %s".formatted(until.get().path(), since.path()));
      }
      order.removeIf(node -> !node.id().equals(end) && !above.get(end).contains(node.id()));
    }
    Map<String, List<Departure>> found =
        lineage.departures(
            since.id(),
            order.stream().map(node -> new Below(node.edge(), above.get(node.id()))).toList(),
            tensor);
    return new Bisection(
        tree.archive(),
        tree.auditId(),
        tensor.orElse(null),
        since.path(),
        order.size(),
        order.stream()
            .filter(node -> found.containsKey(node.id()))
            .map(node -> edge(node, found.get(node.id())))
            .toList());
  }

  private static FirstEdge edge(LineageTree.Node node, List<Departure> causes) {
    return new FirstEdge(
        node.parent(),
        node.path(),
        node.edge().edge().kind().label(),
        node.edge().edge().verdict(),
        causes.stream().mapToLong(Departure::tensors).sum(),
        causes);
  }

  /** A line per edge and cause. */
  public List<String> lines(int width) {
    List<String> lines = new ArrayList<>();
    lines.add("audit %s of %s".formatted(auditId, SafeText.of(archive)));
    String what = tensor == null ? "Every _Q" : SafeText.of(tensor);
    if (edges.isEmpty()) {
      lines.add(
          "%s: unchanged since %s in %s made from it"
              .formatted(what, SafeText.of(since), Amount.of(checkpoints, "checkpoint")));
      return lines;
    }
    lines.add(
        "%s: first changed since %s on %s, one for each line of descent"
            .formatted(what, SafeText.of(since), Amount.of(edges.size(), "edge")));
    TextTable table =
        new TextTable(
            Column.text("checkpoint"),
            Column.text("by"),
            Column.text("from"),
            Column.number("tensors"),
            Column.text("such as"),
            Column.number("elements changed"),
            Column.number("max |a-b|"),
            Column.number("unexplained"));
    for (FirstEdge edge : edges) {
      for (Departure one : edge.causes()) {
        table.add(
            edge.child(),
            by(edge, one),
            edge.parent(),
            one.tensors(),
            one.example(),
            one.changedElements(),
            one.maxAbs() == null ? null : Numbers.scientific(one.maxAbs()),
            one.residual());
      }
    }
    lines.addAll(table.lines(width));
    return lines;
  }

  private static String by(FirstEdge edge, Departure departure) {
    return edge.kind()
        + (departure.cause() == null ? "" : ", " + departure.cause())
        + (departure.removed() > 0 ? ", removed" : "")
        + (edge.verdict() == Verdict.CLEAN ? "" : ", " + edge.verdict());
  }
}
