package io.qtrace.job.progress;

import io.qtrace.io.SafeText;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.apache.spark.SparkContext;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A phase of a command: until it is closed, Spark jobs of this thread have its name as their group
 * and its description in Spark's user interface.
 */
public final class Phase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Phase.class);
  private static final String GROUP = "spark.jobGroup.id"; // as SparkContext sets it
  private static final String DESCRIPTION = "spark.job.description";

  private final SparkContext spark;
  private final String name;
  private final String groupBefore;
  private final String descriptionBefore;
  private final long began = System.nanoTime();
  private SparkListener listener;

  private Phase(SparkContext spark, String name) {
    this.spark = spark;
    this.name = name;
    this.groupBefore = spark.getLocalProperty(GROUP);
    this.descriptionBefore = spark.getLocalProperty(DESCRIPTION);
  }

  /** Begins a phase; on the thread that will close it. */
  public static Phase begin(SparkContext spark, String name, String description) {
    Phase phase = new Phase(spark, name);
    LOG.info("phase {} begins: {}", name, SafeText.of(description));
    spark.setLocalProperty(GROUP, name);
    spark.setLocalProperty(DESCRIPTION, description);
    return phase;
  }

  /**
   * Reports each partition of an RDD, once, as soon as the task that computes it has succeeded; on
   * a thread of Spark's.
   *
   * @param rdd its name; other stages of the phase's jobs are not reported
   */
  public Phase onTask(String rdd, IntConsumer finished) {
    listener = new Finished(name, rdd, finished);
    spark.addSparkListener(listener);
    return this;
  }

  @Override
  public void close() {
    LOG.info("phase {} ends after {} ms", name, (System.nanoTime() - began) / 1_000_000);
    spark.setLocalProperty(GROUP, groupBefore);
    spark.setLocalProperty(DESCRIPTION, descriptionBefore);
    if (listener != null) {
      spark.removeSparkListener(listener);
    }
  }

  /** Follows the stage of each job of one phase that computes an RDD, from one thread of Spark. */
  private static final class Finished extends SparkListener {
    private final String phase;
    private final String rdd;
    private final IntConsumer finished;
    private final BitSet seen = new BitSet();
    private int stage = -1;

    Finished(String phase, String rdd, IntConsumer finished) {
      this.phase = phase;
      this.rdd = rdd;
      this.finished = finished;
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
      if (phase.equals(submitted.properties().getProperty(GROUP))
          && submitted.stageInfo().rddInfos().exists(info -> rdd.equals(info.name()))
          && submitted.stageInfo().stageId() != stage) {
        stage = submitted.stageInfo().stageId();
        seen.clear();
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd ended) {
      int partition = ended.taskInfo().partitionId();
      if (ended.stageId() == stage && ended.reason() == Success$.MODULE$ && !seen.get(partition)) {
        seen.set(partition);
        finished.accept(partition);
      }
    }
  }
}
