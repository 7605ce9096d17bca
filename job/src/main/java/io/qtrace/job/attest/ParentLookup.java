package io.qtrace.job.attest;

import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.policy.EdgeKind;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/** The parents of a checkpoint as the last audit of its archive found them. */
public final class ParentLookup {
  private ParentLookup() {}

  /**
   * URIs of the parents, the one that gave the most first.
   *
   * @param child URI of the file
   * @throws IllegalArgumentException if no audit found a parent, or one found several that do not
   *     belong together
   */
  public static List<String> parents(LineageStore lineage, String child) throws IOException {
    Path file = ObjectStore.path(child);
    for (AuditedArchive archive : AuditedArchive.latest(lineage)) {
      Set<String> ids =
          archive.checkpoints().stream()
              .filter(one -> ObjectStore.path(one.file().stat().uri()).equals(file))
              .map(KnownCheckpoint::id)
              .collect(Collectors.toSet());
      List<AuditedEdge> edges =
          archive.report().edges().stream()
              .map(RecordedEdge::edge)
              .filter(edge -> ids.contains(edge.ends().childId()))
              .filter(edge -> !edge.isRejected() && !edge.kind().equals(EdgeKind.SEVERAL))
              .sorted(Comparator.comparing(AuditedEdge::parentPart))
              .toList();
      if (!edges.isEmpty()) {
        return parents(lineage, child, edges);
      }
    }
    throw new IllegalArgumentException(
        "Cannot find a parent of %s in the tables: audit its archive, or name it with --parent"
            .formatted(SafeText.of(child)));
  }

  private static List<String> parents(LineageStore lineage, String child, List<AuditedEdge> edges) {
    if (edges.size() > 1 && edges.get(0).parentPart() == ParentPart.WHOLE) {
      throw new IllegalArgumentException(
          "Cannot choose among %d parents of %s in the tables: name one with --parent, such as %s"
              .formatted(
                  edges.size(), SafeText.of(child), SafeText.of(edges.get(0).ends().parentPath())));
    }
    List<String> ids = edges.stream().map(edge -> edge.ends().parentId()).toList();
    Map<String, KnownCheckpoint> known = lineage.checkpoints(ids);
    return ids.stream().map(id -> known.get(id).file().stat().uri()).toList();
  }
}
