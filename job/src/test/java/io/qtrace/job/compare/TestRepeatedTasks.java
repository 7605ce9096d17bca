package io.qtrace.job.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.compare.Measure;
import io.qtrace.job.LocalSpark;
import io.qtrace.job.Sample;
import io.qtrace.job.compare.CompareRequest.Pair;
import io.qtrace.job.compare.IndexStage.Indexes;
import io.qtrace.job.progress.Progress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.shuffle.FetchFailedException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import scala.Option;

class TestRepeatedTasks {
  private static final String PARENT = Sample.run("sr011-q4a4-FP4-init/v2_initial.pt");
  private static final String CHILD = Sample.run("debug_lut_training/checkpoint_step20.pt");
  private static final int NONE = -1;

  private static final AtomicInteger LOST = new AtomicInteger(NONE); // a shuffle

  private final JavaSparkContext spark =
      JavaSparkContext.fromSparkContext(LocalSpark.session().sparkContext());

  @AfterAll
  static void stop() {
    LocalSpark.stop(); // it takes its only executor for lost
  }

  @Test
  void readAgainAndCountOnce() throws Exception {
    CompareStage.Output<Boolean> once = compare(facts -> Boolean.TRUE);
    Readings readings = new Readings();
    spark.sc().addSparkListener(readings);
    CompareStage.Output<Boolean> twice;
    try {
      twice = compare(TestRepeatedTasks::lostOnce);
    } finally {
      spark.sc().removeSparkListener(readings);
    }

    assertThat(readings.count).hasValue(2);
    assertThat(twice.bytesRead()).isEqualTo(once.bytesRead()).isPositive();
    assertThat(twice.tensorsCompared()).isEqualTo(once.tensorsCompared()).isPositive();
    assertThat(twice.summaries()).isEqualTo(once.summaries()).hasSize(2);
  }

  // As if the executor that has read the tensors were lost before its results were fetched.
  private static Boolean lostOnce(CheckpointFacts facts) throws FetchFailedException {
    int shuffle = LOST.getAndSet(NONE);
    if (shuffle != NONE) {
      throw new FetchFailedException(
          SparkEnv.get().blockManager().blockManagerId(), shuffle, 0, 0, 0, "lost", null);
    }
    return Boolean.TRUE;
  }

  private CompareStage.Output<Boolean> compare(Function<CheckpointFacts, Boolean> summary)
      throws Exception {
    Indexes indexes =
        new IndexStage(spark, Progress.NONE).run(Map.of("parent", PARENT, "child", CHILD));
    return DefaultCompareStage.of(spark)
        .run(
            new CompareRequest(
                List.of("parent", "child"),
                Set.of("parent", "child"),
                List.of(new Pair("parent", "child")),
                Set.of(Measure.FINGERPRINT)),
            indexes,
            JavaPairRDD.fromJavaRDD(spark.emptyRDD()),
            summary);
  }

  /** The stages that read tensors. */
  private static final class Readings extends SparkListener {
    private final AtomicInteger count = new AtomicInteger();

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted stage) {
      Option<Object> shuffle = stage.stageInfo().shuffleDepId();
      if (shuffle.isDefined()
          && stage.stageInfo().rddInfos().exists(rdd -> rdd.name().equals("qtrace: compare"))
          && count.getAndIncrement() == 0) {
        LOST.set((Integer) shuffle.get());
      }
    }
  }
}
