package io.qtrace.job.audit;

import io.qtrace.compare.Measure;
import io.qtrace.compare.TensorStats;
import io.qtrace.job.archive.CheckpointFile;
import io.qtrace.job.compare.CheckpointFacts;
import io.qtrace.job.compare.CompareRequest;
import io.qtrace.job.compare.CompareStage;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.compare.Packed;
import io.qtrace.job.compare.TensorFacts;
import io.qtrace.job.operations.Classifier;
import io.qtrace.job.parents.DeclaredParents;
import io.qtrace.job.parents.EvaluationStage;
import io.qtrace.job.parents.Forest;
import io.qtrace.job.parents.MeasuredCheckpoint;
import io.qtrace.job.parents.ParentSearch;
import io.qtrace.job.parents.Sketch;
import io.qtrace.lut.CategoryRules;
import io.qtrace.tensor.CheckpointIndex;
import io.qtrace.tensor.Storage;
import io.qtrace.tensor.TensorEntry;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * A preview of checkpoints before their data is read, from their small tensors and the CRC-32 of
 * others. The parents found from it only decide which edges are compared while the data is read:
 * equal CRCs are not a proof, and edges that the preview missed are compared later.
 */
final class ParentPreview {
  // Placeholder for statistics that were not computed.
  private static final TensorStats UNKNOWN =
      new TensorStats(Double.NaN, Double.NaN, Double.NaN, 0, 0, 0);

  private final JavaSparkContext spark;
  private final CompareStage comparing;
  private final Classifier classifier;
  private final CategoryRules categories;
  private final Indexes indexes;
  private final List<CheckpointFile> files;
  private long bytesRead;

  ParentPreview(
      JavaSparkContext spark,
      CompareStage comparing,
      Classifier classifier,
      CategoryRules categories,
      Indexes indexes,
      List<CheckpointFile> files) {
    this.spark = spark;
    this.comparing = comparing;
    this.classifier = classifier;
    this.categories = categories;
    this.indexes = indexes;
    this.files = List.copyOf(files);
  }

  /** The parents according to the preview. */
  Forest search(DeclaredParents claims) {
    Set<String> ids = files.stream().map(CheckpointFile::id).collect(Collectors.toSet());
    CompareStage.Output<Boolean> small =
        comparing.run(
            new CompareRequest(List.copyOf(ids), ids, List.of(), AuditReading.MEASURES),
            indexes.small(Measure.MAX_VALUES),
            JavaPairRDD.fromJavaRDD(spark.emptyRDD()),
            found -> Boolean.TRUE);
    bytesRead = small.bytesRead();
    CategoryRules rules = categories;
    JavaPairRDD<String, Packed<CheckpointFacts>> provisional =
        small
            .measured()
            .mapValues(one -> one.value().facts())
            .filter(one -> one._2().isPresent())
            .mapValues(Optional::orElseThrow)
            .join(indexes.readable())
            .mapToPair(
                one ->
                    new Tuple2<>(
                        one._1(),
                        Packed.of(facts(one._2()._1().value(), one._2()._2().value(), rules))))
            .persist(StorageLevel.DISK_ONLY());
    Map<String, Sketch> sketches = new HashMap<>();
    provisional
        .mapValues(one -> Sketch.of(one.value()))
        .collect()
        .forEach(one -> sketches.put(one._1(), one._2()));
    EvaluationStage evaluation =
        new EvaluationStage(
            spark,
            wanted -> provisional.filter(one -> wanted.contains(one._1())),
            id -> sketches.get(id).tensors(),
            classifier);
    return new ParentSearch(evaluation)
        .run(
            files.stream()
                .filter(file -> sketches.containsKey(file.id()))
                .map(file -> new MeasuredCheckpoint(file, sketches.get(file.id())))
                .toList(),
            claims);
  }

  /** Bytes read for the preview. */
  long bytesRead() {
    return bytesRead;
  }

  private static CheckpointFacts facts(
      CheckpointFacts small, CheckpointIndex index, CategoryRules categories) {
    Map<String, TensorFacts> facts = new LinkedHashMap<>();
    for (TensorEntry tensor : index.tensors()) {
      facts.put(
          tensor.name(),
          small
              .tensor(tensor.name())
              .orElseGet(
                  () ->
                      new TensorFacts(
                          tensor.name(),
                          categories.of(tensor.name()),
                          tensor.dtype(),
                          tensor.shape(),
                          content(tensor),
                          UNKNOWN,
                          List.of())));
    }
    return new CheckpointFacts(facts, Map.of());
  }

  // Equal if the tensors are likely equal.
  private static String content(TensorEntry tensor) {
    Storage storage = tensor.storage();
    return storage.crc32() == Storage.UNVERIFIED
        ? "of %s %s".formatted(storage.file(), tensor.name())
        : "crc %08x, %s %d".formatted(storage.crc32(), tensor.stride(), tensor.offset());
  }
}
