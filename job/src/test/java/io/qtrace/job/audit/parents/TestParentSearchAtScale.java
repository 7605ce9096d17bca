package io.qtrace.job.audit.parents;

import static org.assertj.core.api.Assertions.assertThat;

import io.qtrace.job.LocalSpark;
import io.qtrace.job.audit.policy.EdgeKind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.junit.jupiter.api.Test;

class TestParentSearchAtScale {
  private static final int TENSORS_OF_EACH = 200;

  @Test
  void findsTheParentsOfAThousandCheckpointsInOneLinearJob() throws TimeoutException {
    SyntheticArchive archive = new SyntheticArchive(20260101);
    List<MeasuredCheckpoint> checkpoints = archive.checkpoints();
    assertThat(checkpoints).hasSize(SyntheticArchive.CHECKPOINTS);
    SparkContext spark = LocalSpark.session().sparkContext();
    Work work = new Work();
    spark.addSparkListener(work);
    Forest forest;
    long started = System.nanoTime();
    try {
      forest = new ParentSearch(new JavaSparkContext(spark)).run(checkpoints, Claims.NONE);
      spark.listenerBus().waitUntilEmpty();
    } finally {
      spark.removeSparkListener(work);
    }
    System.out.printf(
        "%d checkpoints: %.1f s, %d job, %d bytes shuffled%n",
        checkpoints.size(), (System.nanoTime() - started) / 1e9, work.jobs.get(), work.bytes.get());
    assertThat(work.jobs).hasValue(1);
    assertThat(work.bytes.get()).isLessThan(32L * SyntheticArchive.CHECKPOINTS * TENSORS_OF_EACH);
    assertThat(forest.roots()).hasSize(1);
    assertThat(forest.edges()).hasSize(SyntheticArchive.CHECKPOINTS - 1);
    assertThat(found(archive, forest)).isEqualTo(archive.truth());
  }

  private static Map<String, String> found(SyntheticArchive archive, Forest forest) {
    Map<String, String> found = new TreeMap<>();
    forest.roots().forEach(root -> found.put(archive.label(root), "root"));
    forest.edges().stream()
        .filter(edge -> edge.kind() != EdgeKind.COPY)
        .forEach(
            edge ->
                found.put(
                    archive.label(edge.child()),
                    edge.kind().label() + " " + archive.label(edge.parent())));
    return found;
  }

  /** Counts jobs and the bytes that their stages wrote to shuffles. */
  private static final class Work extends SparkListener {
    private final AtomicInteger jobs = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    @Override
    public void onJobStart(SparkListenerJobStart job) {
      jobs.incrementAndGet();
    }

    @Override
    public void onStageCompleted(SparkListenerStageCompleted stage) {
      bytes.addAndGet(stage.stageInfo().taskMetrics().shuffleWriteMetrics().bytesWritten());
    }
  }
}
