package io.qtrace.job.audit;

import io.qtrace.io.SafeText;
import io.qtrace.job.lineage.EdgeRow;
import java.util.ArrayList;
import java.util.List;

/** The notebook's questions, answered for a whole archive. */
public final class AuditConclusion {
  private AuditConclusion() {}

  /**
   * One sentence a question: training and {@code _Q}, what else changed it, LUT training, the rest.
   */
  public static List<String> of(List<EdgeRow> edges, int unreadable) {
    List<String> lines = new ArrayList<>();
    List<EdgeRow> training = edges.stream().filter(edge -> edge.kind().equals("train")).toList();
    List<EdgeRow> drifting = training.stream().filter(edge -> edge.qChanged() > 0).toList();
    lines.add(
        drifting.isEmpty()
            ? "Training never changed a _Q buffer: %d train edges, %d comparisons of _Q."
                .formatted(training.size(), training.stream().mapToInt(EdgeRow::qBuffers).sum())
            : "Training changed _Q on %d of %d train edges: %s."
                .formatted(drifting.size(), training.size(), children(drifting)));
    for (String kind : List.of("bake", "sync", "requantize", "cast", "unknown")) {
      List<EdgeRow> changing =
          edges.stream().filter(edge -> edge.kind().equals(kind) && edge.qChanged() > 0).toList();
      if (!changing.isEmpty()) {
        lines.add(
            "_Q changed by %s on %d edges: %s."
                .formatted(kind, changing.size(), children(changing)));
      }
    }
    List<EdgeRow> idle =
        training.stream().filter(edge -> edge.lutTrained() < edge.lutLayers()).toList();
    if (training.stream().anyMatch(edge -> edge.lutLayers() > 0)) {
      lines.add(
          idle.isEmpty()
              ? "Every LUT that trains moved, in every layer."
              : "The LUT did not move in every layer on %d train edges: %s."
                  .formatted(idle.size(), children(idle)));
    }
    if (unreadable > 0) {
      lines.add("%d checkpoints could not be read: nothing is said of them.".formatted(unreadable));
    }
    return lines;
  }

  private static String children(List<EdgeRow> edges) {
    List<String> paths =
        edges.stream().map(edge -> SafeText.of(edge.childPath())).distinct().toList();
    return paths.size() <= 3
        ? String.join(", ", paths)
        : String.join(", ", paths.subList(0, 3)) + " and %d more".formatted(paths.size() - 3);
  }
}
