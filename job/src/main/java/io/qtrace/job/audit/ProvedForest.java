package io.qtrace.job.audit;

import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.judge.EdgeEnds;
import io.qtrace.job.judge.Evidence;
import io.qtrace.job.operations.Adapter;
import io.qtrace.job.operations.MergeLora;
import io.qtrace.job.parents.DeclaredParents;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.InferredEdge;
import io.qtrace.job.parents.MeasuredCheckpoint;
import io.qtrace.job.parents.ParentSearch;
import io.qtrace.job.parents.ProvedStep;
import io.qtrace.job.parents.Sketch;
import io.qtrace.job.parents.Verification;
import io.qtrace.job.policy.EdgeKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The forest after verifying its steps: if the data leaves more unexplained than the facts did,
 * another parent may leave less; if every parent does, an adapter in a file of its own may explain
 * the step.
 */
final class ProvedForest {
  private static final int MOST_ADAPTERS = 16; // adapters tried with a checkpoint
  private static final int CLEARLY = 3; // times fewer tensors are unexplained with an adapter

  private final Set<EdgeKind> provedByData;
  private final Set<EdgeEnds> judged;
  private final AuditReading reading;
  private final Map<ProvedStep, Verification> proved = new HashMap<>();
  private final Map<ProvedStep, CheckpointFile> adapters = new HashMap<>();
  private final Map<CheckpointFile, Sketch> sketches = new HashMap<>();

  /**
   * @param provedByData operations whose numbers have to be recomputed to be sure
   * @param judged edges that need no verification, since they are judged in any case
   * @param reading reads the data
   */
  ProvedForest(Set<EdgeKind> provedByData, Set<EdgeEnds> judged, AuditReading reading) {
    this.provedByData = provedByData;
    this.judged = judged;
    this.reading = reading;
  }

  Forest of(List<MeasuredCheckpoint> measured, DeclaredParents claims, ParentSearch search) {
    measured.forEach(one -> sketches.put(one.file(), one.sketch()));
    Map<ProvedStep, InferredEdge> tried = new LinkedHashMap<>();
    Set<ProvedStep> asked = new HashSet<>();
    while (true) {
      Forest forest = search.run(measured, claims, proved);
      List<InferredEdge> open =
          forest.edges().stream()
              .filter(edge -> provedByData.contains(edge.kind()))
              .filter(edge -> tried.putIfAbsent(step(edge), edge) == null)
              .filter(edge -> !judged.contains(ends(edge)))
              .toList();
      List<InferredEdge> rivals =
          forest.rivals().stream().filter(edge -> asked.add(step(edge))).toList();
      if (open.isEmpty() && rivals.isEmpty()) {
        return merge(tried.values(), forest)
            ? withAdapters(search.run(measured, claims, proved))
            : forest;
      }
      proved.putAll(verify(Stream.concat(open.stream(), rivals.stream())));
    }
  }

  /** What the data shows about the steps that were verified. */
  Map<ProvedStep, Verification> proved() {
    return Collections.unmodifiableMap(proved);
  }

  private Map<ProvedStep, Verification> verify(Stream<InferredEdge> edges) {
    Map<ProofStage.Pair, ProvedStep> pairs = new HashMap<>();
    edges.forEach(edge -> pairs.put(pair(edge, Optional.empty()), step(edge)));
    Map<ProvedStep, Verification> verified = new HashMap<>();
    reading.verify(pairs.keySet()).forEach((pair, found) -> verified.put(pairs.get(pair), found));
    return verified;
  }

  // Whether an adapter explains a tried step better than any parent alone.
  private boolean merge(Collection<InferredEdge> tried, Forest forest) {
    Map<CheckpointFile, InferredEdge> settled = new HashMap<>();
    forest.edges().forEach(edge -> settled.put(edge.child(), edge));
    List<InferredEdge> open =
        tried.stream()
            .filter(edge -> settled.containsKey(edge.child()))
            .filter(edge -> mayLeave(settled.get(edge.child())))
            .toList();
    List<CheckpointFile> candidates = open.isEmpty() ? List.of() : adapters(forest);
    if (candidates.isEmpty()) {
      return false;
    }
    Map<InferredEdge, Map<ProofStage.Pair, CheckpointFile>> merges = new LinkedHashMap<>();
    Set<ProofStage.Pair> pairs = new HashSet<>();
    for (InferredEdge edge : open) {
      Map<ProofStage.Pair, CheckpointFile> some = new LinkedHashMap<>();
      likeliest(edge, candidates).forEach(one -> some.put(pair(edge, Optional.of(one)), one));
      merges.put(edge, some);
      pairs.addAll(some.keySet());
    }
    Map<ProofStage.Pair, Verification> found = new HashMap<>(reading.verify(pairs));
    merges.values().forEach(some -> some.keySet().retainAll(found.keySet()));
    merges.values().removeIf(Map::isEmpty);
    Map<ProvedStep, Verification> alone = new HashMap<>(proved);
    alone.putAll(
        verify( // judged whatever the result
            merges.keySet().stream()
                .map(edge -> settled.get(edge.child()))
                .filter(edge -> !proved.containsKey(step(edge)))));
    merges.forEach(
        (edge, some) ->
            settle(
                edge,
                some,
                found,
                alone
                    .getOrDefault(step(settled.get(edge.child())), Verification.EXACT)
                    .unexplained()));
    return !adapters.isEmpty();
  }

  // Whether a step leaves tensors unexplained, or was not verified.
  private boolean mayLeave(InferredEdge edge) {
    Verification found = proved.get(step(edge));
    return found == null || found.unexplained() > 0;
  }

  private static ProofStage.Pair pair(InferredEdge edge, Optional<CheckpointFile> adapter) {
    return new ProofStage.Pair(
        edge.parent().id(), edge.child().id(), adapter.map(CheckpointFile::id).stream().toList());
  }

  // They are roots, or were saved without the model that they were trained with.
  private List<CheckpointFile> adapters(Forest forest) {
    List<CheckpointFile> files =
        Stream.concat(
                forest.roots().stream(),
                forest.edges().stream()
                    .filter(one -> one.kind().equals(Adapter.KIND))
                    .map(InferredEdge::child))
            .toList();
    Set<String> alone =
        reading.adapters(files.stream().map(CheckpointFile::id).collect(Collectors.toSet()));
    return files.stream().filter(one -> alone.contains(one.id())).toList();
  }

  // Adapters that may have been merged in a step, those of the child's run first.
  private static List<CheckpointFile> likeliest(InferredEdge edge, List<CheckpointFile> adapters) {
    CheckpointFile child = edge.child();
    return adapters.stream()
        .filter(one -> !one.equals(edge.parent()) && !one.equals(child))
        .sorted(
            Comparator.comparing((CheckpointFile one) -> !one.run().equals(child.run()))
                .thenComparing(CheckpointFile::path))
        .limit(MOST_ADAPTERS)
        .toList();
  }

  private void settle(
      InferredEdge edge,
      Map<ProofStage.Pair, CheckpointFile> merges,
      Map<ProofStage.Pair, Verification> found,
      int alone) {
    merges.keySet().stream()
        .min(Comparator.comparing(pair -> found.get(pair).unexplained())) // the first of equals
        .filter(best -> CLEARLY * found.get(best).unexplained() < alone)
        .ifPresent(
            best -> {
              proved.put(step(edge), found.get(best));
              adapters.put(step(edge), merges.get(best));
            });
  }

  private Forest withAdapters(Forest forest) {
    List<InferredEdge> edges = new ArrayList<>();
    List<InferredEdge> donors = new ArrayList<>(forest.donors());
    for (InferredEdge edge : forest.edges()) {
      CheckpointFile adapter = adapters.get(step(edge));
      edges.add(adapter == null ? edge : edge.as(MergeLora.KIND, edge.parent()));
      if (adapter != null) {
        donors.add(edge.as(MergeLora.KIND, adapter));
      }
    }
    donors.sort(Comparator.comparing(InferredEdge::child));
    return new Forest(forest.roots(), edges, donors, forest.mixed(), forest.rivals());
  }

  private ProvedStep step(InferredEdge edge) {
    return new ProvedStep(
        sketches.get(edge.parent()).content(), sketches.get(edge.child()).content());
  }

  private static EdgeEnds ends(InferredEdge edge) {
    return new Edge(edge.parent(), edge.child(), Set.of(Evidence.WEIGHTS)).ends();
  }
}
