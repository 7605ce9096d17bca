package io.qtrace.job.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.RangeComparison;
import io.qtrace.compare.RangeResult;
import io.qtrace.compare.RangeTask;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.compare.CompareUnit.Link;
import io.qtrace.job.compare.CompareUnit.Member;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/** What reads slices on an executor. */
record CompareTask(
    HadoopSettings hadoop,
    Broadcast<Map<String, List<ObjectStat>>> files,
    long memoryBytes,
    ReadOptions options,
    CompareMetrics metrics)
    implements Serializable {
  /** Parts of the checkpoints that a slice is about, one for each. */
  Iterator<Tuple2<String, Packed<CheckpointPart>>> run(Iterator<Packed<SlicePart>> slice)
      throws IOException {
    List<SlicePart> parts = new ArrayList<>();
    slice.forEachRemaining(part -> parts.add(part.value()));
    parts.sort(Comparator.comparingInt(SlicePart::order));
    Map<String, ObjectStat> stats = new HashMap<>(); // by the file's URI
    files.value().values().forEach(some -> some.forEach(file -> stats.put(file.uri(), file)));
    ObjectStore store = new ObjectStore(hadoop.value());
    Found found = new Found();
    try (RangeComparison comparison =
        new RangeComparison(
            store, memoryBytes, options, stats, (file, e) -> changed(store, stats.get(file)))) {
      List<RangeTask> tasks = parts.stream().map(SlicePart::task).toList();
      Iterator<RangeResult> results = comparison.run(tasks).iterator();
      long pairs = 0;
      for (SlicePart part : parts) {
        found.add(part.unit(), results.next());
        pairs += part.tensorPairs();
      }
      metrics.tensorsCompared().add(pairs);
      metrics.bytesRead().add(comparison.bytesRead());
      if (!parts.isEmpty()) {
        found.add(parts.get(0).unit(), new CompareCost(comparison.bytesRead(), pairs));
      }
    }
    return found.parts();
  }

  // A store may refuse to continue with a file that was modified meanwhile.
  private static Optional<String> changed(ObjectStore store, ObjectStat file) {
    try {
      return file == null ? Optional.empty() : FileChanges.reason(store, List.of(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** What was found so far, by checkpoint. */
  private static final class Found {
    private final Map<String, Open> open = new LinkedHashMap<>();

    private static final class Open {
      private final List<CheckpointPart.Tensor> tensors = new ArrayList<>();
      private final List<CheckpointPart.Pair> pairs = new ArrayList<>();
      private final List<CheckpointPart.Check> checks = new ArrayList<>();
      private CompareCost cost = CompareCost.NONE;
      private Optional<String> failure = Optional.empty();

      CheckpointPart part() {
        return new CheckpointPart(tensors, pairs, checks, cost, failure);
      }
    }

    private Open of(Member member) {
      return open.computeIfAbsent(member.checkpoint(), checkpoint -> new Open());
    }

    void add(CompareUnit unit, RangeResult result) {
      List<Member> members = unit.members();
      for (int i = 0; i < members.size(); i++) {
        Member member = members.get(i);
        Optional<String> failure = Optional.ofNullable(result.failures().get(file(member)));
        if (failure.isPresent()) {
          of(member).failure = of(member).failure.or(() -> failure);
        } else if (!member.measures().isEmpty()) {
          of(member).tensors.add(CheckpointPart.Tensor.of(member, result.members().get(i)));
        }
      }
      result
          .pairs()
          .forEach(
              (i, pair) -> {
                Link link = unit.links().get(i);
                Member parent = members.get(link.left());
                Member child = members.get(link.right());
                of(child).pairs.add(CheckpointPart.Pair.of(parent, child, pair));
              });
      result
          .checks()
          .forEach(
              (i, check) -> {
                Member quantized = members.get(unit.checks().get(i).quantized());
                of(quantized).checks.addAll(CheckpointPart.Check.of(quantized, check));
              });
    }

    /** Adds the cost of all that was found, to any one of the checkpoints. */
    void add(CompareUnit unit, CompareCost cost) {
      of(unit.members().get(0)).cost = cost;
    }

    private static String file(Member member) {
      return member.entry().storage().file();
    }

    Iterator<Tuple2<String, Packed<CheckpointPart>>> parts() {
      return open.entrySet().stream()
          .map(entry -> new Tuple2<>(entry.getKey(), Packed.of(entry.getValue().part())))
          .iterator();
    }
  }
}
