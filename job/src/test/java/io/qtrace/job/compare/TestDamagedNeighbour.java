package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Measure;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.compare.CompareRequest.Pair;
import io.qtrace.job.progress.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Tuple2;

class TestDamagedNeighbour {
  private static final String GOOD = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");
  private static final String TRAINED = Sample.run("debug_lut_training/checkpoint_step20.pt");

  @TempDir Path folder;

  @Test
  void doesNotAffectFilesReadWithIt() throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(TRAINED));
    bytes[bytes.length / 2] ^= 1; // in the data of a tensor
    Path damaged = Files.write(folder.resolve("damaged.pt"), bytes);
    Map<String, Measured> alone = measured(Map.of("good", GOOD), List.of());
    Map<String, Measured> both =
        measured(
            Map.of("good", GOOD, "damaged", damaged.toString()),
            List.of(new Pair("good", "damaged")));
    assertThat(both.get("damaged").failure()).isPresent();
    assertThat(both.get("damaged").failure().orElseThrow().reason())
        .contains("damaged.pt: at byte ")
        .contains("Invalid CRC-32 of storage");
    CheckpointFacts facts = both.get("good").facts().orElseThrow().value();
    assertThat(facts).isEqualTo(alone.get("good").facts().orElseThrow().value());
    assertThat(facts.layers().values())
        .hasSize(14)
        .allSatisfy(layer -> assertThat(layer.check()).isPresent());
  }

  private static Map<String, Measured> measured(Map<String, String> files, List<Pair> pairs)
      throws Exception {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());
    List<String> keys = files.keySet().stream().sorted().toList();
    return DefaultCompareStage.of(spark)
        .run(
            new CompareRequest(
                keys, Set.copyOf(keys), pairs, Set.of(Measure.FINGERPRINT, Measure.STATS)),
            new IndexStage(spark, Progress.NONE).run(files),
            JavaPairRDD.fromJavaRDD(spark.emptyRDD()),
            found -> Boolean.TRUE)
        .measured()
        .collect()
        .stream()
        .collect(Collectors.toMap(Tuple2::_1, one -> one._2().value()));
  }
}
