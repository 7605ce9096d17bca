package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.cause.QCause;
import io.qtrace.job.audit.policy.EdgeKind;
import io.qtrace.job.lineage.EdgeRow;
import io.qtrace.job.lineage.QChangeRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The notebook's questions, answered for a whole archive from its edges and {@code q_changes}. */
final class AuditConclusion {
  private static final int NAMED = 3; // paths in a sentence

  private final List<EdgeRow> edges;
  private final List<QChangeRow> quantized;

  private AuditConclusion(List<EdgeRow> edges, List<QChangeRow> quantized) {
    this.edges = edges;
    this.quantized = quantized;
  }

  /**
   * A sentence for each question: did training change {@code _Q}, what did, did the LUTs train,
   * what is unexplained, on which edges nothing fits, which sources are not the parents.
   */
  static List<String> of(List<EdgeRow> edges, List<QChangeRow> quantized, int unreadable) {
    AuditConclusion conclusion = new AuditConclusion(edges, quantized);
    List<String> lines = new ArrayList<>();
    lines.add(conclusion.training());
    for (QCause cause : QCause.values()) {
      if (cause != QCause.UNEXPLAINED) {
        lines.addAll(conclusion.explained(cause));
      }
    }
    lines.addAll(conclusion.luts());
    lines.add(conclusion.unexplained());
    lines.addAll(conclusion.unknown());
    lines.addAll(conclusion.parents());
    if (unreadable > 0) {
      lines.add("%d checkpoints could not be read: nothing is said of them.".formatted(unreadable));
    }
    return lines;
  }

  private String training() {
    List<EdgeRow> training = ofKind(EdgeKind.TRAIN);
    List<QChangeRow> compared = on(training, row -> true);
    List<QChangeRow> moved = on(training, row -> row.cause() != null);
    return moved.isEmpty()
        ? "Training never changed a _Q: %d train edges, %d comparisons of _Q."
            .formatted(training.size(), compared.size())
        : "Training changed %d of %d _Q, on %d of the %d train edges: %s."
            .formatted(
                moved.size(), compared.size(), countEdges(moved), training.size(), children(moved));
  }

  private List<String> explained(QCause cause) {
    List<QChangeRow> rows = with(cause);
    if (rows.isEmpty()) {
      return List.of();
    }
    String drift =
        rows.stream()
            .map(QChangeRow::drift)
            .filter(Objects::nonNull)
            .max(Double::compare)
            .map(", largest drift %s"::formatted)
            .orElse("");
    return List.of(
        "%d _Q %s, all elements reproduced%s: %s."
            .formatted(rows.size(), cause, drift, children(rows)));
  }

  private List<String> luts() {
    List<EdgeRow> training =
        ofKind(EdgeKind.TRAIN).stream().filter(edge -> edge.lutLayers() > 0).toList();
    List<EdgeRow> idle =
        training.stream().filter(edge -> edge.lutTrained() < edge.lutLayers()).toList();
    if (training.isEmpty()) {
      return List.of();
    }
    return List.of(
        idle.isEmpty()
            ? "Every LUT that trains moved, in every layer."
            : "The LUT did not move in every layer on %d of the %d train edges: %s."
                .formatted(
                    idle.size(),
                    training.size(),
                    paths(idle.stream().map(EdgeRow::childPath).toList())));
  }

  private String unexplained() {
    List<QChangeRow> rows = with(QCause.UNEXPLAINED);
    return rows.isEmpty()
        ? "Every change of a _Q is explained."
        : "%d _Q changed without an explanation: %s.".formatted(rows.size(), children(rows));
  }

  private List<String> unknown() {
    List<EdgeRow> edges = ofKind(EdgeKind.UNKNOWN);
    return edges.isEmpty()
        ? List.of()
        : List.of(
            "Changes that no kind of edge explains: %s."
                .formatted(paths(edges.stream().map(EdgeRow::childPath).toList())));
  }

  private List<String> parents() {
    List<String> wrong =
        edges.stream()
            .filter(edge -> edge.findings().stream().anyMatch(PlannedEdge::isContradiction))
            .map(EdgeRow::childPath)
            .toList();
    return wrong.isEmpty()
        ? List.of()
        : List.of("The weights contradict the declared source: %s.".formatted(paths(wrong)));
  }

  private List<EdgeRow> ofKind(EdgeKind kind) {
    return edges.stream().filter(edge -> edge.kind().equals(kind.label())).toList();
  }

  private List<QChangeRow> on(List<EdgeRow> some, Predicate<QChangeRow> which) {
    Set<List<String>> ends =
        some.stream()
            .map(edge -> List.of(edge.parentId(), edge.childId()))
            .collect(Collectors.toSet());
    return quantized.stream()
        .filter(row -> ends.contains(List.of(row.parentId(), row.childId())))
        .filter(which)
        .toList();
  }

  private List<QChangeRow> with(QCause cause) {
    return quantized.stream().filter(row -> cause.name().equals(row.cause())).toList();
  }

  private static long countEdges(List<QChangeRow> rows) {
    return rows.stream().map(row -> List.of(row.parentId(), row.childId())).distinct().count();
  }

  private static String children(List<QChangeRow> rows) {
    return paths(rows.stream().map(QChangeRow::childPath).toList());
  }

  private static String paths(List<String> all) {
    List<String> paths = all.stream().map(SafeText::of).distinct().toList();
    return paths.size() <= NAMED
        ? String.join(", ", paths)
        : String.join(", ", paths.subList(0, NAMED))
            + " and %d more".formatted(paths.size() - NAMED);
  }
}
