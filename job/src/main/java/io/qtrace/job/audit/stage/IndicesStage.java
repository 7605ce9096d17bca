package io.qtrace.job.audit.stage;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.compare.IndicesCheck;
import io.qtrace.compare.QuantizedLayer;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.conf.CompareSettings;
import io.qtrace.job.progress.Phase;
import io.qtrace.kernel.Deviations;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.TensorEntry;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Recomputes the indices of layers from their weight and scales on the executors, in ranges of
 * rows: what tells whether indices that moved were requantized.
 */
public final class IndicesStage {
  private final JavaSparkContext spark;
  private final CompareSettings settings;

  public IndicesStage(JavaSparkContext spark, CompareSettings settings) {
    this.spark = spark;
    this.settings = settings;
  }

  /**
   * What to recompute.
   *
   * @param files that hold the checkpoint, as they were when it was indexed
   * @param layers of which the indices moved
   */
  public record Wanted(CheckpointIndex checkpoint, List<ObjectStat> files, Set<String> layers) {}

  /**
   * What was found.
   *
   * @param proofs by layer, for each that was wanted
   * @param changed why files are not as they were, by their URIs: what was read of them counts for
   *     nothing
   */
  public record Output(
      List<Map<String, IndicesProof>> proofs, Map<String, String> changed, long bytesRead) {}

  public Output run(List<Wanted> wanted) {
    List<Map<String, IndicesProof>> proofs = new ArrayList<>();
    List<Work> works = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      proofs.add(new TreeMap<>());
      plan(i, wanted.get(i), proofs.get(i), works);
    }
    LongAccumulator bytesRead = CompareMetrics.of(spark.sc()).bytesRead();
    Map<String, String> changed = new TreeMap<>();
    for (Found found : read(works, unchanged(wanted), bytesRead)) {
      changed.putAll(found.changed());
      proofs
          .get(found.checkpoint())
          .merge(
              found.layer(),
              IndicesProof.of(found.others()),
              (one, other) -> IndicesProof.of(one.others().merge(other.others())));
    }
    return new Output(proofs, changed, bytesRead.value());
  }

  private void plan(
      int checkpoint, Wanted wanted, Map<String, IndicesProof> proofs, List<Work> works) {
    Map<String, TensorEntry> tensors =
        wanted.checkpoint().tensors().stream()
            .collect(Collectors.toMap(TensorEntry::name, tensor -> tensor));
    for (String name : wanted.layers()) {
      Layer layer = new Layer(name);
      Optional<String> missing =
          layer.requantized().stream().filter(tensor -> !tensors.containsKey(tensor)).findFirst();
      Optional<QuantizedLayer> found =
          missing.isPresent() ? Optional.empty() : Optional.of(layer.of(tensors));
      Optional<String> obstacle =
          missing.map(tensor -> "no " + tensor).or(() -> found.flatMap(QuantizedLayer::obstacle));
      obstacle.ifPresentOrElse(
          reason -> proofs.put(name, IndicesProof.impossible(reason)),
          () ->
              works.addAll(
                  Work.of(checkpoint, name, found.orElseThrow(), settings.taskBytesCount())));
    }
  }

  private Unchanged unchanged(List<Wanted> wanted) {
    return Unchanged.of(
        new SerializableConfiguration(spark.hadoopConfiguration()),
        wanted.stream().map(Wanted::files).toList());
  }

  private List<Found> read(List<Work> works, Unchanged unchanged, LongAccumulator bytesRead) {
    if (works.isEmpty()) {
      return List.of();
    }
    int count = Math.min(works.size(), 4 * spark.defaultParallelism());
    List<List<Work>> tasks = TaskPacking.pack(works, count, Work::bytes);
    Reader reader =
        new Reader(
            unchanged,
            settings.taskMemoryBytes(),
            settings.read(works.get(0).layer().indices().storage().file()),
            bytesRead);
    try (Phase phase =
        Phase.begin(
            spark.sc(), "requantize", "recompute indices, %d parts".formatted(works.size()))) {
      return spark
          .parallelize(tasks, tasks.size())
          .flatMap(some -> reader.read(some).iterator())
          .collect();
    }
  }

  /** Rows of one layer. */
  private record Work(int checkpoint, String name, QuantizedLayer layer, long from, long to)
      implements Serializable {
    static List<Work> of(int checkpoint, String name, QuantizedLayer layer, long bytes) {
      long rows = Math.max(1, bytes / rowBytes(layer));
      List<Work> works = new ArrayList<>();
      for (long at = 0; at < layer.out(); at += rows) {
        works.add(new Work(checkpoint, name, layer, at, Math.min(at + rows, layer.out())));
      }
      return works;
    }

    private static long rowBytes(QuantizedLayer layer) {
      return layer.in() * (layer.weight().dtype().bytes() + layer.indices().dtype().bytes());
    }

    long bytes() {
      return (to - from) * rowBytes(layer);
    }
  }

  /** What some rows hold. */
  private record Found(int checkpoint, String layer, Deviations others, Map<String, String> changed)
      implements Serializable {}

  /** What an executor needs to read. */
  private record Reader(
      Unchanged unchanged, long memoryBytes, ReadOptions options, LongAccumulator bytesRead)
      implements Serializable {
    List<Found> read(List<Work> works) throws IOException {
      ObjectStore store = new ObjectStore(unchanged.hadoop().value());
      List<Found> found = new ArrayList<>();
      try (IndicesCheck check = new IndicesCheck(store, memoryBytes, options)) {
        for (Work work : works) {
          found.add(new Found(work.checkpoint(), work.name(), others(check, work), Map.of()));
        }
        bytesRead.add(check.bytesRead());
      }
      Set<String> files = new TreeSet<>();
      works.forEach(work -> files.addAll(work.layer().files()));
      Map<String, String> changed = new HashMap<>(unchanged.reasons(files));
      Work any = works.get(0);
      found.add(new Found(any.checkpoint(), any.name(), Deviations.NONE, changed));
      return found;
    }

    private Deviations others(IndicesCheck check, Work work) throws IOException {
      try {
        return check.run(work.layer(), work.from(), work.to());
      } catch (IOException e) {
        if (unchanged.reasons(work.layer().files()).isEmpty()) {
          throw e;
        }
        return Deviations.NONE; // told with the files that changed
      }
    }
  }
}
