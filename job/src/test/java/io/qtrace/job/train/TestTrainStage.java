package io.qtrace.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.ReportedLines;
import io.qtrace.job.train.recipe.Gradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.BlockId;
import org.apache.spark.storage.StreamBlockId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

@Tag("archive")
class TestTrainStage {
  @TempDir Path folder;
  private final ReportedLines reported = new ReportedLines();

  @Test
  void twoReplicasTrainAsOneWithTheSummedBatch() throws Exception {
    Map<String, Integer> both = Map.of("accumulation-steps", 2, "save-steps", 3);
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    TrainRun alone =
        run(TrainRuns.settings(one, with(both, "batch-size", 2)), ExistingRunPolicy.KEEP);
    TrainRun together =
        run(
            TrainRuns.settings(two, with(with(both, "batch-size", 1), "replicas", 2)),
            ExistingRunPolicy.KEEP);
    assertThat(together.steps()).hasSize(6);
    for (int i = 0; i < 6; i++) {
      assertThat(together.steps().get(i).losses()).hasSize(4);
      double loss = alone.steps().get(i).loss();
      assertThat(together.steps().get(i).loss()).isCloseTo(loss, within(1e-5 * loss));
      double norm = alone.steps().get(i).gradientNorm();
      assertThat(together.steps().get(i).gradientNorm()).isCloseTo(norm, within(1e-4 * norm));
      assertThat(together.steps().get(i).tokens()).isEqualTo(alone.steps().get(i).tokens());
    }
    assertThat(
            TrainRuns.distance(
                one.resolve("checkpoint_step6.pt"), two.resolve("checkpoint_step6.pt")))
        .isLessThan(1e-4);
    assertThat(
            TrainRuns.distance(
                one.resolve("checkpoint_step3.pt"), two.resolve("checkpoint_step6.pt")))
        .isGreaterThan(1e-3);
  }

  @Test
  void keepsTheFolderOfAnotherRun() throws IOException {
    Path output = folder.resolve("run");
    TrainSettings settings = TrainRuns.settings(output, Map.of("max-steps", 1));
    TrainRun first = run(settings, ExistingRunPolicy.KEEP);
    byte[] checkpoint = Files.readAllBytes(output.resolve("checkpoint_step1.pt"));

    assertThat(run(settings, ExistingRunPolicy.KEEP)).isEqualTo(first);
    assertThat(reported.lines()).endsWith("run " + first.id() + " is finished already");

    TrainSettings other = TrainRuns.settings(output, Map.of("max-steps", 2));
    assertThatThrownBy(() -> run(other, ExistingRunPolicy.KEEP))
        .hasMessage(
            "Invalid output-dir: %s has the checkpoints of another run, expected an empty folder"
                    .formatted(output)
                + " (--overwrite removes them)");
    assertThat(output.resolve("checkpoint_step1.pt")).hasBinaryContent(checkpoint);

    Files.writeString(output.resolve("notes.txt"), "mine");
    assertThat(run(other, ExistingRunPolicy.REPLACE).files())
        .contains("checkpoint_step2.pt")
        .doesNotContain("checkpoint_step1.pt");
    assertThat(output.resolve("notes.txt")).exists();
  }

  @Test
  void neverReplacesRunsOfOtherTools() throws IOException {
    Path output = Files.createDirectories(folder.resolve("theirs"));
    Files.writeString(output.resolve("checkpoint_step20.pt"), "theirs");
    TrainSettings settings = TrainRuns.settings(output, Map.of("max-steps", 1));
    assertThatThrownBy(() -> run(settings, ExistingRunPolicy.REPLACE))
        .hasMessageContaining("has the checkpoints of another run");
    assertThat(output.resolve("checkpoint_step20.pt")).hasContent("theirs");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 100_003})
  void replicasSumTheirGradientsInOrderAndLeaveNoBlock(int values) {
    JavaSparkContext context = LocalSpark.context();
    List<Gradients> found =
        Barriers.mapPartitions(
                context.parallelize(List.of(0, 1), 2),
                ranks -> {
                  BlockAllReduce replicas = new BlockAllReduce(BarrierTaskContext.get());
                  int rank = ranks.next();
                  replicas.sum(gradients(rank, values + 1));
                  Gradients sum = replicas.sum(gradients(rank, values));
                  replicas.finish();
                  return List.of(sum).iterator();
                })
            .collect();
    Gradients expected = gradients(0, values).plus(gradients(1, values));
    assertThat(found)
        .hasSize(2)
        .allSatisfy(
            each -> {
              assertThat(each.scales()).containsExactly(expected.scales());
              assertThat(each.lut()).containsExactly(expected.lut());
              assertThat(each.losses()).containsExactly(expected.losses());
            });
    assertThat(
            CollectionConverters.asJava(
                SparkEnv.get().blockManager().getMatchingBlockIds(new IsGradient())))
        .isEmpty();
  }

  private static final class IsGradient extends AbstractFunction1<BlockId, Object> {
    @Override
    public Object apply(BlockId id) {
      return id instanceof StreamBlockId;
    }
  }

  // Sums that are rounded, and a zero that keeps its sign in no other order.
  private static Gradients gradients(int rank, int values) {
    Random random = new Random(rank);
    float[] scales = new float[values];
    for (int i = 0; i < values; i++) {
      scales[i] = i == 0 ? -0.0f : (float) random.nextGaussian();
    }
    return new Gradients(
        scales, new float[] {3e38f, Float.MIN_VALUE}, new double[] {0.1 + rank, 1.0 / 3});
  }

  private TrainRun run(TrainSettings settings, ExistingRunPolicy rerun) throws IOException {
    JavaSparkContext context =
        JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());
    return new TrainStage(context, reported).run(TrainRuns.plan(settings), rerun);
  }

  private static Map<String, Integer> with(Map<String, Integer> settings, String name, int value) {
    Map<String, Integer> changed = new java.util.HashMap<>(settings);
    changed.put(name, value);
    return changed;
  }
}
