package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.PlannedEdge.Status;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.parents.Evaluation;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.GraftedTensors;
import io.qtrace.job.parents.Grafts;
import io.qtrace.job.parents.MeasuredCheckpoint;
import io.qtrace.job.parents.ParentPart;
import io.qtrace.job.policy.Finding;
import io.qtrace.job.policy.Waivers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The checkpoints of an archive with tensors of others, and the edges that report them. */
record GraftedCheckpoints(Map<String, GraftedTensors> byId) {
  /** Finds what the planned edges do not explain of pairs that share some tensors of a group. */
  static GraftedCheckpoints of(
      List<PlannedEdge> edges,
      Collection<MeasuredCheckpoint> measured,
      Forest forest,
      Evaluation evaluation) {
    if (forest.mixed().isEmpty()) {
      return new GraftedCheckpoints(Map.of());
    }
    Map<String, CheckpointFile> files = new HashMap<>();
    measured.forEach(one -> files.put(one.file().id(), one.file()));
    Map<CheckpointFile, List<CheckpointFile>> parents = new HashMap<>();
    Set<CheckpointFile> whole = new HashSet<>(files.values());
    for (PlannedEdge edge : nearestFirst(edges)) {
      CheckpointFile parent = files.get(edge.ends().parentId());
      CheckpointFile child = files.get(edge.ends().childId());
      if (parent != null && child != null && edge.status() != Status.REJECTED) {
        parents.computeIfAbsent(child, file -> new ArrayList<>()).add(parent);
        if (edge.part() != ParentPart.WHOLE) {
          whole.remove(child);
        }
      }
    }
    Map<String, GraftedTensors> byId = new HashMap<>();
    Grafts.of(parents, whole, forest.mixed(), evaluation)
        .forEach((child, taken) -> byId.put(child.id(), taken));
    return new GraftedCheckpoints(byId);
  }

  /** The same edges; the nearest edge to each checkpoint reports the tensors that it took. */
  List<PlannedEdge> on(List<PlannedEdge> edges) {
    Set<String> open = new HashSet<>(byId.keySet());
    Set<PlannedEdge> reporting = new HashSet<>();
    nearestFirst(edges).stream()
        .filter(edge -> edge.isJudged() && open.remove(edge.ends().childId()))
        .forEach(reporting::add);
    return edges.stream()
        .map(edge -> reporting.contains(edge) ? edge.with(byId.get(edge.ends().childId())) : edge)
        .toList();
  }

  /** The findings of a checkpoint without a parent. */
  List<Finding> findings(String id, String path, Waivers waivers) {
    return Optional.ofNullable(byId.get(id)).stream()
        .flatMap(taken -> taken.findings(waivers).findings().stream())
        .map(finding -> finding.about(path))
        .toList();
  }

  // A declared source may be many steps away.
  private static List<PlannedEdge> nearestFirst(List<PlannedEdge> edges) {
    return edges.stream()
        .sorted(
            Comparator.comparing(
                edge -> edge.evidence().equals(List.of(Evidence.DECLARED.label()))))
        .toList();
  }
}
