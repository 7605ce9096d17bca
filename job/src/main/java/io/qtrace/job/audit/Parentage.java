package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.archive.Role;
import io.qtrace.job.audit.PlannedEdge.Status;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.operations.Average;
import io.qtrace.job.operations.Copy;
import io.qtrace.job.operations.MergeLora;
import io.qtrace.job.operations.Quantize;
import io.qtrace.job.parents.Ancestry;
import io.qtrace.job.parents.DeclaredParents.Declaration;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.InferredEdge;
import io.qtrace.job.parents.ParentEvidence;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.parents.WeightsEvidence;
import io.qtrace.job.parents.WeightsEvidence.Says;
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
import java.util.stream.Stream;

/**
 * The edges of an archive: those that runs declare, checked against the weights, and those that
 * only the weights show. A declared parent is kept if another is only closer, and rejected if
 * tensor contents disprove it.
 */
final class Parentage {
  // Tensors that are the same for one that no operation explains, of a damaged copy.
  private static final int MOSTLY = 8;

  // Of what a quantization adds: in a third of the layers indices or _Q, in all a LUT in training.
  private static final double MOST_DAMAGED = 0.1;

  private final Map<CheckpointFile, List<PlannedEdge>> edges = new LinkedHashMap<>(); // by child
  private final Map<CheckpointFile, Set<CheckpointFile>> declared = new HashMap<>(); // all parents
  private final Map<CheckpointFile, Set<CheckpointFile>> kept = new HashMap<>(); // by child
  private final Set<CheckpointFile> settled = new HashSet<>(); // their parent is a declared one

  private Parentage() {}

  /** All edges, those of one child together, in order of runs. */
  static List<PlannedEdge> of(EdgeRules.Found found, Forest forest, Ancestry ancestry) {
    Parentage parentage = new Parentage();
    Map<Declaration, ParentEvidence> opinions =
        ancestry.of(
            Stream.concat(found.edges().stream(), found.places().stream())
                .map(Edge::claim)
                .toList());
    found
        .edges()
        .forEach(claim -> parentage.add(claim, misnamed(claim, opinions.get(claim.claim()))));
    for (Edge place : found.places()) {
      ParentEvidence opinion = opinions.get(place.claim());
      Optional<Ancestry.Earlier> earlier = ancestry.earlier(place.claim());
      // A run that never got better keeps what it started from.
      if (earlier.isPresent()) {
        earlier
            .filter(one -> one.steps() > 1)
            .ifPresent(one -> parentage.reject(place, new ParentEvidence.Contradicts(one.copy())));
      } else if (isElsewhere(place, opinion)) {
        parentage.reject(place, opinion);
      }
    }
    forest.edges().stream().filter(parentage::isWanted).forEach(parentage::add);
    Map<CheckpointFile, List<InferredEdge>> donors = new LinkedHashMap<>();
    forest
        .donors()
        .forEach(
            donor -> donors.computeIfAbsent(donor.child(), child -> new ArrayList<>()).add(donor));
    donors.forEach((child, some) -> parentage.addDonors(forest.edgeTo(child).orElseThrow(), some));
    return parentage.edges.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getKey().run()))
        .flatMap(entry -> entry.getValue().stream())
        .toList();
  }

  // Training between the step that a baked checkpoint's name states and the bake contradicts it.
  private static ParentEvidence misnamed(Edge claim, ParentEvidence opinion) {
    boolean stated =
        claim.child().role() == Role.BAKED
            && claim.child().stepIfKnown().isPresent()
            && !claim.evidence().contains(Evidence.DECLARED);
    return stated && opinion instanceof ParentEvidence.Reaches reached && reached.trains()
        ? new ParentEvidence.Contradicts(reached.last())
        : opinion;
  }

  private void add(Edge claim, ParentEvidence opinion) {
    if (opinion instanceof ParentEvidence.Contradicts other && isGuess(claim, other.edge())) {
      return;
    }
    PlannedEdge planned = planned(claim, opinion);
    edges.computeIfAbsent(claim.child(), child -> new ArrayList<>()).add(planned);
    declared.computeIfAbsent(claim.child(), child -> new HashSet<>()).add(claim.parent());
    if (planned.status() != Status.REJECTED) {
      kept.computeIfAbsent(claim.child(), child -> new HashSet<>()).add(claim.parent());
    }
    if (!(opinion instanceof ParentEvidence.Reaches
        || opinion instanceof ParentEvidence.Contradicts)) {
      settled.add(claim.child());
    }
  }

  // Whether a file does not belong to the run in whose folder it is.
  private static boolean isElsewhere(Edge place, ParentEvidence opinion) {
    return opinion instanceof ParentEvidence.Contradicts other
        && !other.edge().parent().run().equals(place.child().run());
  }

  // The true edge is judged as well.
  private void reject(Edge place, ParentEvidence opinion) {
    edges.computeIfAbsent(place.child(), child -> new ArrayList<>()).add(planned(place, opinion));
  }

  // The name of a baked checkpoint need not say from which step of its run it was made.
  private static boolean isGuess(Edge claim, InferredEdge made) {
    return claim.child().role() == Role.BAKED
        && claim.child().stepIfKnown().isEmpty()
        && !claim.evidence().contains(Evidence.DECLARED)
        && made.child().equals(claim.child())
        && made.parent().run().equals(claim.child().run());
  }

  private static PlannedEdge planned(Edge claim, ParentEvidence opinion) {
    if (opinion instanceof ParentEvidence.Agrees) {
      return PlannedEdge.of(claim.with(Evidence.WEIGHTS), Status.DIRECT, WeightsEvidence.AGREES);
    }
    if (opinion instanceof ParentEvidence.Reaches reached && !reached.isTraining()) {
      return PlannedEdge.of(claim, Status.INDIRECT, WeightsEvidence.reaches(reached.steps()));
    }
    if (opinion instanceof ParentEvidence.Contradicts contradiction) {
      return PlannedEdge.of(
          claim, Status.REJECTED, WeightsEvidence.shows(Says.CONTRADICTS, contradiction.edge()));
    }
    if (opinion instanceof ParentEvidence.Prefers preference) {
      return PlannedEdge.of(
          claim, Status.DIRECT, WeightsEvidence.shows(Says.PREFERS, preference.edge()));
    }
    return PlannedEdge.of(claim, Status.DIRECT, WeightsEvidence.NOTHING);
  }

  private boolean isWanted(InferredEdge edge) {
    boolean claimed = declared.getOrDefault(edge.child(), Set.of()).contains(edge.parent());
    boolean initial =
        edge.child().role() == Role.INITIAL
            && MOSTLY * edge.unexplained() > edge.shared()
            && !edge.kind().equals(Quantize.KIND);
    // Equal contents are a copy, whatever is declared.
    boolean open = edge.kind().equals(Copy.KIND) || !settled.contains(edge.child());
    return !claimed && open && !initial && !isTrainedSince(edge) && !isReversed(edge);
  }

  // A step that is not what was quantized, but trained from it: that one is missing.
  private static boolean isTrainedSince(InferredEdge edge) {
    return edge.kind().equals(Quantize.KIND)
        && edge.child().role() != Role.INITIAL
        && edge.unexplained() > MOST_DAMAGED * edge.changed();
  }

  // In addition to the edge of the base, if that is one.
  private void addDonors(InferredEdge base, List<InferredEdge> donors) {
    boolean average = base.kind().equals(Average.KIND);
    List<InferredEdge> parents = new ArrayList<>(List.of(base));
    parents.addAll(donors);
    if (!average && !isJudged(base)) {
      return;
    }
    parents.stream().filter(edge -> !has(edge) && !isReversed(edge)).forEach(this::add);
    if (!parents.stream().allMatch(this::isJudged)) {
      return;
    }
    for (InferredEdge edge : parents) {
      List<CheckpointFile> others =
          parents.stream()
              .map(InferredEdge::parent)
              .filter(parent -> !parent.equals(edge.parent()))
              .toList();
      ParentPart part = average ? ParentPart.MEMBER : part(edge, base);
      of(edge).replaceAll(one -> one.isOf(edge.parent()) ? one.with(part, others) : one);
    }
  }

  private static ParentPart part(InferredEdge edge, InferredEdge base) {
    return edge.equals(base)
        ? ParentPart.BASE
        : edge.kind().equals(MergeLora.KIND) ? ParentPart.ADAPTER : ParentPart.DONOR;
  }

  private List<PlannedEdge> of(InferredEdge edge) {
    return edges.getOrDefault(edge.child(), List.of());
  }

  private boolean has(InferredEdge edge) {
    return of(edge).stream().anyMatch(one -> one.isOf(edge.parent()));
  }

  private boolean isJudged(InferredEdge edge) {
    return of(edge).stream().anyMatch(one -> one.isJudged() && one.isOf(edge.parent()));
  }

  // Whether declared parents lead from the child to the parent.
  private boolean isReversed(InferredEdge edge) {
    Set<CheckpointFile> seen = new HashSet<>();
    List<CheckpointFile> open = new ArrayList<>(List.of(edge.parent()));
    while (!open.isEmpty()) {
      CheckpointFile file = open.remove(open.size() - 1);
      if (file.equals(edge.child())) {
        return true;
      }
      if (seen.add(file)) {
        open.addAll(kept.getOrDefault(file, Set.of()));
      }
    }
    return false;
  }

  private void add(InferredEdge edge) {
    Edge shown = new Edge(edge.parent(), edge.child(), EnumSet.of(Evidence.WEIGHTS));
    edges
        .computeIfAbsent(edge.child(), child -> new ArrayList<>())
        .add(PlannedEdge.of(shown, Status.DIRECT, WeightsEvidence.infers(edge)));
  }
}
