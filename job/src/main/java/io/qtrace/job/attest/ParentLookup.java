package io.qtrace.job.attest;

import io.qtrace.io.SafeText;
import io.qtrace.job.audit.AuditedArchive;
import io.qtrace.job.lineage.AuditEntry;
import io.qtrace.job.lineage.AuditedEdge;
import io.qtrace.job.lineage.KnownCheckpoint;
import io.qtrace.job.lineage.LineageStore;
import io.qtrace.job.lineage.RecordedEdge;
import io.qtrace.job.parents.GraftedTensors;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.policy.EdgeKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The parents of a checkpoint as the last audit of its archive found them. */
public final class ParentLookup {
  private static final int MOST_CANDIDATES = 5;

  private ParentLookup() {}

  /**
   * URIs of the parents, the one that gave the most first.
   *
   * @param child URI of the file
   * @throws IllegalArgumentException if no audit found a parent, or one found several that do not
   *     belong together
   */
  public static List<String> parents(LineageStore lineage, String child) throws IOException {
    List<Found> edges = edges(lineage, child);
    if (edges.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot find a parent of %s in the tables: audit its archive, or name the parent with --parent"
              .formatted(SafeText.of(child)));
    }
    List<String> parents = edges.stream().map(Found::parent).toList();
    if (parents.size() > 1 && !isCombined(edges)) {
      throw new IllegalArgumentException(
          "Ambiguous parent: the tables have %d for %s; name one with --parent, %s"
              .formatted(parents.size(), SafeText.of(child), candidates(parents)));
    }
    return parents;
  }

  /**
   * Why the last audit that has a checkpoint contradicts that some parents alone made it, a
   * sentence each; none where no audit has it.
   *
   * @param child URI of the file
   * @param parents URIs
   */
  public static List<String> objections(LineageStore lineage, String child, List<String> parents)
      throws IOException {
    List<Found> edges = edges(lineage, child);
    List<String> objections = new ArrayList<>();
    List<String> missing =
        edges.stream().map(Found::parent).filter(parent -> !parents.contains(parent)).toList();
    if (isCombined(edges) && !missing.isEmpty()) {
      objections.add(
          "the last audit found %d parents that made it together by %s: name each with --parent, also %s"
              .formatted(
                  edges.size(),
                  SafeText.of(edges.get(0).edge().kind().label()),
                  candidates(missing)));
    }
    edges.stream()
        .flatMap(found -> found.edge().findings().stream())
        .filter(GraftedTensors::isGraft)
        .map(finding -> "the last audit found: " + finding.message())
        .forEach(objections::add);
    return objections;
  }

  private static boolean isCombined(List<Found> edges) {
    return edges.stream().anyMatch(found -> found.edge().parentPart() != ParentPart.WHOLE);
  }

  /** An edge to a checkpoint, and the URI of its parent. */
  private record Found(AuditedEdge edge, String parent) {}

  // Of the latest audit that has any, the parent that gave the most first.
  private static List<Found> edges(LineageStore lineage, String child) throws IOException {
    for (AuditEntry audit : lineage.latestAudits()) {
      List<AuditedEdge> steps =
          AuditedArchive.report(audit).edges().stream()
              .map(RecordedEdge::edge)
              .filter(edge -> !edge.isRejected() && !edge.kind().equals(EdgeKind.SEVERAL))
              .toList();
      Map<String, KnownCheckpoint> ends =
          steps.isEmpty()
              ? Map.of()
              : lineage.checkpoints(steps.stream().flatMap(ParentLookup::ends).toList());
      List<Found> edges =
          steps.stream()
              .filter(edge -> uri(ends.get(edge.ends().childId())).equals(child))
              .sorted(Comparator.comparing(AuditedEdge::parentPart))
              .map(edge -> new Found(edge, uri(ends.get(edge.ends().parentId()))))
              .toList();
      if (!edges.isEmpty()) {
        return edges;
      }
    }
    return List.of();
  }

  private static Stream<String> ends(AuditedEdge edge) {
    return Stream.of(edge.ends().parentId(), edge.ends().childId());
  }

  private static String uri(KnownCheckpoint checkpoint) {
    return checkpoint.file().stat().uri();
  }

  private static String candidates(List<String> parents) {
    String named =
        parents.stream()
            .limit(MOST_CANDIDATES)
            .map(SafeText::of)
            .collect(Collectors.joining(" or "));
    return parents.size() > MOST_CANDIDATES ? named + " or another" : named;
  }
}
