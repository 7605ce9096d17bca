package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.audit.Edge.Evidence;
import io.qtrace.job.audit.PlannedEdge.Standing;
import io.qtrace.job.audit.parents.Ancestry;
import io.qtrace.job.audit.parents.Forest;
import io.qtrace.job.audit.parents.InferredEdge;
import io.qtrace.job.audit.parents.Opinion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The edges of an archive: those that runs claim, held against the weights, and those that only the
 * weights tell. A claim that the weights merely doubt stands; one that contents disprove does not.
 */
final class Parentage {
  private final Map<CheckpointFile, List<PlannedEdge>> edges = new LinkedHashMap<>(); // by child
  private final Map<CheckpointFile, Set<CheckpointFile>> standing = new HashMap<>(); // by child
  private final Set<CheckpointFile> settled = new HashSet<>(); // a claim tells their parent

  private Parentage() {}

  /** All edges, those of one child together, in order of runs. */
  static List<PlannedEdge> of(List<Edge> claims, Forest forest, Ancestry ancestry) {
    Parentage parentage = new Parentage();
    for (Edge claim : claims) {
      parentage.add(claim, ancestry.of(claim.parent(), claim.child()));
    }
    forest.edges().stream().filter(parentage::isWanted).forEach(parentage::add);
    return parentage.edges.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getKey().run()))
        .flatMap(entry -> entry.getValue().stream())
        .toList();
  }

  private void add(Edge claim, Opinion opinion) {
    PlannedEdge planned = planned(claim, opinion);
    edges.computeIfAbsent(claim.child(), child -> new ArrayList<>()).add(planned);
    if (planned.standing() != Standing.NONE) {
      standing.computeIfAbsent(claim.child(), child -> new HashSet<>()).add(claim.parent());
    }
    if (!(opinion instanceof Opinion.Reaches || opinion instanceof Opinion.Contradicts)) {
      settled.add(claim.child());
    }
  }

  private static PlannedEdge planned(Edge claim, Opinion opinion) {
    if (opinion instanceof Opinion.Agrees) {
      return PlannedEdge.step(claim.with(Evidence.WEIGHTS));
    }
    if (opinion instanceof Opinion.Reaches reached && !reached.isTraining()) {
      return PlannedEdge.of(claim, Standing.SEVERAL, Optional.of(steps(reached.steps())));
    }
    if (opinion instanceof Opinion.Contradicts contradiction) {
      String truth = truth(claim, contradiction.edge());
      return claim.evidence().contains(Evidence.DECLARED)
          ? PlannedEdge.contradicted(
              claim, contradiction.edge().parent(), "the weights contradict the source: " + truth)
          : PlannedEdge.of(claim, Standing.NONE, Optional.of(truth));
    }
    if (opinion instanceof Opinion.Prefers preference) {
      String nearer =
          PlannedEdge.text(preference.edge().parent()) + " is nearer, which is no proof";
      return PlannedEdge.of(claim, Standing.STEP, Optional.of(nearer));
    }
    return PlannedEdge.step(claim);
  }

  private static String steps(List<InferredEdge> steps) {
    return steps.stream()
        .map(step -> "%s to %s".formatted(step.kind().label(), PlannedEdge.text(step.child())))
        .collect(Collectors.joining(", ", steps.size() + " steps, each judged by itself: ", ""));
  }

  private static String truth(Edge claim, InferredEdge edge) {
    return "%s was made from %s: %s"
        .formatted(
            edge.child().equals(claim.child()) ? "it" : PlannedEdge.text(edge.child()),
            PlannedEdge.text(edge.parent()),
            edge.evidence());
  }

  private boolean isWanted(InferredEdge edge) {
    boolean claimed =
        edges.getOrDefault(edge.child(), List.of()).stream()
            .anyMatch(planned -> planned.edge().parent().equals(edge.parent()));
    boolean initial = edge.child().role() == Role.INITIAL && edge.unexplained() > 0;
    return !claimed && !settled.contains(edge.child()) && !initial && !isReversed(edge);
  }

  // Whether claims lead from the child to the parent.
  private boolean isReversed(InferredEdge edge) {
    Set<CheckpointFile> seen = new HashSet<>();
    List<CheckpointFile> open = new ArrayList<>(List.of(edge.parent()));
    while (!open.isEmpty()) {
      CheckpointFile file = open.remove(open.size() - 1);
      if (file.equals(edge.child())) {
        return true;
      }
      if (seen.add(file)) {
        open.addAll(standing.getOrDefault(file, Set.of()));
      }
    }
    return false;
  }

  private void add(InferredEdge edge) {
    Edge told = new Edge(edge.parent(), edge.child(), EnumSet.of(Evidence.WEIGHTS));
    edges
        .computeIfAbsent(edge.child(), child -> new ArrayList<>())
        .add(PlannedEdge.told(told, edge.kind(), edge.evidence()));
  }
}
