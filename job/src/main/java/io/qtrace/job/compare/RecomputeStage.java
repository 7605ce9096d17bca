package io.qtrace.job.compare;

import io.qtrace.arrow.ReadOptions;
import io.qtrace.io.ObjectStat;
import io.qtrace.io.ObjectStore;
import io.qtrace.job.conf.CompareSettings;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;
import scala.Tuple2;

/** Recomputes numbers of layers on the executors, in ranges of rows. */
public final class RecomputeStage {
  private final JavaSparkContext spark;
  private final CompareSettings settings;

  public RecomputeStage(JavaSparkContext spark, CompareSettings settings) {
    this.spark = spark;
    this.settings = settings;
  }

  /**
   * The results.
   *
   * @param layers by the checkpoint's key and the layer's name, on the executors
   * @param changed why checkpoints changed since they were indexed: data read from them must be
   *     ignored
   */
  public record Output(
      JavaPairRDD<String, Packed<Map<String, Recomputed>>> layers,
      Map<String, String> changed,
      long bytesRead) {}

  /**
   * Runs recomputations.
   *
   * @param wanted by the checkpoint's key and the layer's name
   * @param files that hold each checkpoint, as they were when it was indexed
   */
  public Output run(
      JavaPairRDD<String, Packed<Map<String, Recomputation>>> wanted,
      Map<String, List<ObjectStat>> files) {
    String anyFile =
        files.values().stream().flatMap(List::stream).map(ObjectStat::uri).findFirst().orElse("");
    Rows rows = new Rows(settings.taskBytesCount());
    ReadTask read =
        new ReadTask(
            HadoopSettings.of(spark),
            settings.taskMemoryBytes(),
            settings.read(anyFile),
            files,
            CompareMetrics.of(spark.sc()).bytesRead());
    JavaPairRDD<String, Packed<Found>> found =
        wanted
            .flatMapToPair(rows::of)
            .partitionBy(new HashPartitioner(4 * spark.defaultParallelism()))
            .mapToPair(work -> read.run(work._2().value()))
            .reduceByKey((one, other) -> Packed.of(one.value().merge(other.value())))
            .persist(StorageLevel.DISK_ONLY());
    Map<String, String> changed = new HashMap<>();
    long bytesRead = 0;
    for (Tuple2<String, Packed<Found>> of :
        found.mapValues(one -> Packed.of(one.value().withoutLayers())).collect()) {
      Found one = of._2().value();
      one.changed().ifPresent(reason -> changed.put(of._1(), reason));
      bytesRead += one.bytesRead();
    }
    return new Output(found.mapValues(one -> Packed.of(one.value().layers())), changed, bytesRead);
  }

  /** Some rows of one layer. */
  private record Work(
      String checkpoint, String layer, Recomputation recomputation, long from, long to)
      implements Serializable {}

  /** Cuts recomputations into ranges of rows. */
  private record Rows(long bytes) implements Serializable {
    Iterator<Tuple2<Integer, Packed<Work>>> of(
        Tuple2<String, Packed<Map<String, Recomputation>>> checkpoint) {
      List<Tuple2<Integer, Packed<Work>>> works = new ArrayList<>();
      checkpoint
          ._2()
          .value()
          .forEach(
              (layer, recomputation) -> {
                boolean possible = recomputation.obstacle().isEmpty();
                long rows = possible ? Math.max(1, bytes / recomputation.rowBytes()) : 1;
                long end = possible ? recomputation.rows() : 1;
                for (long at = 0; at < end; at += rows) {
                  works.add(
                      new Tuple2<>(
                          (checkpoint._1() + layer + at).hashCode(),
                          Packed.of(
                              new Work(
                                  checkpoint._1(),
                                  layer,
                                  recomputation,
                                  at,
                                  Math.min(at + rows, end)))));
                }
              });
      return works.iterator();
    }
  }

  /** The results for some rows of a checkpoint. */
  private record Found(Map<String, Recomputed> layers, Optional<String> changed, long bytesRead)
      implements Serializable {
    Found merge(Found other) {
      Map<String, Recomputed> all = new HashMap<>(layers);
      other.layers.forEach((layer, one) -> all.merge(layer, one, Recomputed::merge));
      return new Found(all, changed.or(other::changed), bytesRead + other.bytesRead);
    }

    Found withoutLayers() {
      return new Found(Map.of(), changed, bytesRead);
    }
  }

  /** Recomputes rows on an executor. */
  private record ReadTask(
      HadoopSettings hadoop,
      long memoryBytes,
      ReadOptions options,
      Map<String, List<ObjectStat>> files,
      LongAccumulator bytesRead)
      implements Serializable {
    Tuple2<String, Packed<Found>> run(Work work) throws IOException {
      Optional<String> obstacle = work.recomputation().obstacle();
      if (obstacle.isPresent()) {
        Recomputed impossible = Recomputed.impossible(obstacle.get());
        return found(work, impossible, Optional.empty(), 0);
      }
      ObjectStore store = new ObjectStore(hadoop.value());
      Recomputed recomputed = Recomputed.EXACT;
      long bytes = 0;
      try {
        Recomputation.Result result =
            work.recomputation().run(store, memoryBytes, options, work.from(), work.to());
        recomputed = Recomputed.of(result.others(), result.rounded());
        bytes = result.bytesRead();
        bytesRead.add(bytes);
      } catch (IOException e) {
        if (changed(store, work).isEmpty()) {
          throw e;
        }
      }
      return found(work, recomputed, changed(store, work), bytes);
    }

    private Optional<String> changed(ObjectStore store, Work work) throws IOException {
      return FileChanges.reason(store, files.getOrDefault(work.checkpoint(), List.of()));
    }

    private static Tuple2<String, Packed<Found>> found(
        Work work, Recomputed recomputed, Optional<String> changed, long bytes) {
      return new Tuple2<>(
          work.checkpoint(),
          Packed.of(new Found(Map.of(work.layer(), recomputed), changed, bytes)));
    }
  }
}
