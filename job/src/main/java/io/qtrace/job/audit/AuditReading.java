package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.io.ObjectStat;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.audit.policy.CategoryRules;
import io.qtrace.job.audit.stage.CompareInput;
import io.qtrace.job.audit.stage.CompareOutput;
import io.qtrace.job.audit.stage.CompareStage;
import io.qtrace.job.audit.stage.IndexStage;
import io.qtrace.job.audit.stage.IndexedCheckpoint;
import io.qtrace.job.audit.stage.IndicesProof;
import io.qtrace.job.audit.stage.IndicesStage;
import io.qtrace.job.audit.stage.PairComparison;
import io.qtrace.job.audit.stage.TensorFacts;
import io.qtrace.job.audit.stage.Unchanged;
import io.qtrace.kernel.LutCheckPartial;
import io.qtrace.tensor.CheckpointIndex;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an audit reads: each new checkpoint once, and along its edges the tensors that differ. What
 * one call found, the next one knows.
 */
final class AuditReading {
  private static final Set<Measure> MEASURES =
      EnumSet.of(Measure.FINGERPRINT, Measure.STATS, Measure.VALUES);

  private final IndexStage indexing;
  private final CompareStage comparing;
  private final IndicesStage recomputing;
  private final Map<CheckpointFile, CheckpointIndex> indexes = new TreeMap<>();
  private final Map<CheckpointFile, List<ObjectStat>> opened = new TreeMap<>();
  private final Map<CheckpointFile, Map<String, TensorFacts>> facts = new TreeMap<>();
  private final Map<CheckpointFile, Map<String, LutCheckPartial>> checks = new TreeMap<>();
  private final Map<CheckpointFile, Map<String, IndicesProof>> proofs = new TreeMap<>();
  private final Map<CheckpointFile, String> failures = new TreeMap<>();
  private final Set<CheckpointFile> changed = new TreeSet<>();
  private final Map<List<CheckpointFile>, PairComparison> pairs = new HashMap<>();
  private long bytesRead;
  private long bytesSkipped;
  private long tensorsCompared;

  AuditReading(IndexStage indexing, CompareStage comparing, IndicesStage recomputing) {
    this.indexing = indexing;
    this.comparing = comparing;
    this.recomputing = recomputing;
  }

  /** Checkpoints that need not be measured: facts by the tensor's name. */
  void know(Map<CheckpointFile, Map<String, TensorFacts>> known) {
    facts.putAll(known);
  }

  /** Checkpoints that earlier audits read, by their bytes: they are not measured again. */
  void skip(List<Long> checkpoints) {
    bytesSkipped += indexing.skip(checkpoints);
  }

  /**
   * Measures files that are not known, and compares edges; an edge with an unreadable end is left
   * out. An edge is compared while both ends are measured; where one is known already, after the
   * other is, and then nothing is read but the tensors that differ.
   */
  void run(Collection<CheckpointFile> files, List<Edge> edges) throws IOException {
    Set<CheckpointFile> wanted = new TreeSet<>(files);
    edges.forEach(edge -> wanted.addAll(ends(edge)));
    wanted.removeAll(failures.keySet());
    index(wanted.stream().filter(file -> !indexes.containsKey(file)).toList());
    wanted.removeAll(facts.keySet());
    List<Edge> oneKnown = edges.stream().filter(this::hasOneKnownEnd).toList();
    compare(wanted, edges.stream().filter(edge -> !oneKnown.contains(edge)).toList());
    compare(Set.of(), oneKnown);
  }

  private boolean hasOneKnownEnd(Edge edge) {
    return facts.containsKey(edge.parent()) != facts.containsKey(edge.child());
  }

  private void compare(Set<CheckpointFile> files, List<Edge> edges) throws IOException {
    Set<CheckpointFile> wanted = new TreeSet<>(files);
    edges.forEach(edge -> wanted.addAll(ends(edge)));
    List<CheckpointFile> readable = wanted.stream().filter(this::isReadable).toList();
    Map<CheckpointFile, Integer> places = new HashMap<>();
    readable.forEach(file -> places.put(file, places.size()));
    List<Edge> comparable =
        edges.stream().filter(edge -> places.keySet().containsAll(ends(edge))).toList();
    take(readable, comparable, comparing.run(input(readable, comparable, places)));
  }

  private boolean isReadable(CheckpointFile file) {
    return indexes.containsKey(file) && !failures.containsKey(file);
  }

  /**
   * What is known of files before their data is read, to guess parents from; reads their indexes
   * and small tensors.
   */
  Map<CheckpointFile, Map<String, TensorFacts>> glance(
      List<CheckpointFile> files, CategoryRules categories) throws IOException {
    index(files.stream().filter(file -> !indexes.containsKey(file)).toList());
    List<CheckpointFile> readable = files.stream().filter(indexes::containsKey).toList();
    CompareOutput output =
        comparing.run(
            new CompareInput(
                readable.stream().map(indexes::get).map(ParentGuess::small).toList(),
                readable.stream().map(opened::get).toList(),
                List.of(),
                readable.stream().map(file -> Map.<String, TensorFacts>of()).toList(),
                MEASURES));
    bytesRead += output.bytesRead();
    Map<CheckpointFile, Map<String, TensorFacts>> guessed = new TreeMap<>();
    for (int i = 0; i < readable.size(); i++) {
      CheckpointFile file = readable.get(i);
      guessed.put(file, ParentGuess.facts(indexes.get(file), output.facts().get(i), categories));
    }
    return guessed;
  }

  /** Recomputes the indices that moved along edges that were compared. */
  void recompute(List<Edge> edges) {
    Map<CheckpointFile, Set<String>> layers = new TreeMap<>();
    for (Edge edge : edges) {
      Set<String> moved = pair(edge).map(QChange::moved).orElse(Set.of());
      if (!moved.isEmpty()) {
        layers.computeIfAbsent(edge.child(), child -> new TreeSet<>()).addAll(moved);
      }
    }
    List<CheckpointFile> children = List.copyOf(layers.keySet());
    IndicesStage.Output output =
        recomputing.run(
            children.stream()
                .map(
                    child ->
                        new IndicesStage.Wanted(
                            indexes.get(child), opened.get(child), layers.get(child)))
                .toList());
    bytesRead += output.bytesRead();
    for (int i = 0; i < children.size(); i++) {
      CheckpointFile child = children.get(i);
      proofs.put(child, output.proofs().get(i));
      opened.get(child).stream()
          .flatMap(file -> Optional.ofNullable(output.changed().get(file.uri())).stream())
          .findFirst()
          .ifPresent(reason -> leaveOut(child, reason));
    }
  }

  private void index(List<CheckpointFile> files) {
    List<IndexedCheckpoint> outcomes =
        indexing.run(files.stream().map(file -> file.stat().uri()).toList());
    for (int i = 0; i < files.size(); i++) {
      CheckpointFile file = files.get(i);
      if (outcomes.get(i) instanceof IndexedCheckpoint.Readable found) {
        bytesRead += found.bytesRead();
        if (isAsListed(file, found.files())) {
          indexes.put(file, found.index());
          opened.put(file, found.files());
        } else {
          leaveOut(file, Unchanged.reason(file.stat().uri()));
        }
      } else if (outcomes.get(i) instanceof IndexedCheckpoint.Unreadable failed) {
        failures.put(file, failed.reason());
      } else if (outcomes.get(i) instanceof IndexedCheckpoint.Unavailable failed) {
        leaveOut(file, failed.reason());
      }
    }
  }

  // The stat of an index of shards covers all shards of its folder.
  private static boolean isAsListed(CheckpointFile file, List<ObjectStat> opened) {
    return opened.size() == 1
        ? opened.get(0).sameContent(file.stat())
        : opened.stream().allMatch(part -> part.modified() <= file.stat().modified());
  }

  private void leaveOut(CheckpointFile file, String reason) {
    failures.put(file, reason);
    changed.add(file);
    facts.remove(file);
    pairs.keySet().removeIf(ends -> ends.contains(file));
  }

  private CompareInput input(
      List<CheckpointFile> files, List<Edge> edges, Map<CheckpointFile, Integer> places) {
    return new CompareInput(
        files.stream().map(indexes::get).toList(),
        files.stream().map(opened::get).toList(),
        edges.stream()
            .map(edge -> new CompareInput.Pair(places.get(edge.parent()), places.get(edge.child())))
            .toList(),
        files.stream().map(file -> facts.getOrDefault(file, Map.of())).toList(),
        MEASURES);
  }

  private void take(List<CheckpointFile> files, List<Edge> edges, CompareOutput output) {
    bytesRead += output.bytesRead();
    tensorsCompared += output.tensorsCompared();
    for (int i = 0; i < files.size(); i++) {
      CheckpointFile file = files.get(i);
      if (output.changed().contains(i)) {
        leaveOut(file, output.failures().get(i));
      } else if (output.failures().containsKey(i)) {
        failures.put(file, output.failures().get(i));
        facts.remove(file);
      } else if (!facts.containsKey(file)) {
        facts.put(file, output.facts().get(i));
        checks.put(file, output.checks().get(i));
      }
    }
    for (int i = 0; i < edges.size(); i++) {
      Edge edge = edges.get(i);
      output.pairs().get(i).ifPresent(pair -> pairs.put(ends(edge), pair));
    }
  }

  private static List<CheckpointFile> ends(Edge edge) {
    return List.of(edge.parent(), edge.child());
  }

  /** Why a file could not be read, if so. */
  Optional<String> failure(CheckpointFile file) {
    return Optional.ofNullable(failures.get(file));
  }

  /** Files that are not as they were listed, or could not be had: among the failures. */
  Set<CheckpointFile> changed() {
    return changed;
  }

  CheckpointIndex index(CheckpointFile file) {
    return indexes.get(file);
  }

  /** Facts of all checkpoints that are known or could be read, by the tensor's name. */
  Map<CheckpointFile, Map<String, TensorFacts>> facts() {
    return facts;
  }

  /** Layers of a checkpoint that was measured here whose {@code _Q} is not that of its indices. */
  Set<String> stale(CheckpointFile file) {
    return Invariants.stale(checks(file));
  }

  /** How the layers of a checkpoint that was measured here agree with their LUTs. */
  Map<String, LutCheckPartial> checks(CheckpointFile file) {
    return checks.getOrDefault(file, Map.of());
  }

  /** Whether indices of a checkpoint that moved are those of weight and scales, by layer. */
  Map<String, IndicesProof> proofs(CheckpointFile file) {
    return proofs.getOrDefault(file, Map.of());
  }

  Optional<PairComparison> pair(Edge edge) {
    return Optional.ofNullable(pairs.get(ends(edge)));
  }

  /** Bytes asked of the object store so far. */
  long bytesRead() {
    return bytesRead;
  }

  /** Bytes of checkpoints that an earlier audit had read. */
  long bytesSkipped() {
    return bytesSkipped;
  }

  /** Pairs of tensors whose bytes were compared so far. */
  long tensorsCompared() {
    return tensorsCompared;
  }
}
