package io.qtrace.job.train;

import io.qtrace.io.Amount;
import io.qtrace.io.ObjectStore;
import io.qtrace.io.SafeText;
import io.qtrace.job.progress.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Training as a Spark stage: the driver plans, a task trains, on a GPU of its own where the
 * executors have some. Spark starts a failed task again, elsewhere where its executor died, and the
 * task resumes from the last saved state. Several replicas are one barrier stage: they start
 * together, and when one fails all start again together.
 */
public final class TrainStage {
  private static final String GPU = "gpu";

  private final JavaSparkContext context;
  private final ObjectStore store;
  private final Progress progress;

  /**
   * @param progress receives what the stage does, and its steps, one line each
   */
  public TrainStage(JavaSparkContext context, Progress progress) {
    this.context = context;
    this.store = new ObjectStore(context.hadoopConfiguration());
    this.progress = progress;
  }

  /**
   * Trains a run, or reuses it if it is finished.
   *
   * @throws IOException if another run is in the folder and may not be removed
   */
  public TrainRun run(TrainPlan plan, ExistingRunPolicy rerun) throws IOException {
    RunFolder folder = new RunFolder(store, plan.settings().outputDir());
    List<String> there = folder.files();
    Optional<String> planned = folder.planned();
    boolean same = planned.filter(plan.id()::equals).isPresent();
    if (rerun == ExistingRunPolicy.RETRAIN
        || (rerun == ExistingRunPolicy.REPLACE && planned.isPresent() && !same)) {
      folder.clear();
    } else if (!same && !there.isEmpty()) {
      throw new IOException(
          "Invalid output-dir: %s has the checkpoints of another run, expected an empty folder"
                  .formatted(SafeText.of(plan.settings().outputDir()))
              + " (--overwrite removes them)");
    } else if (folder.finished().isPresent()) {
      progress.report("run %s is finished already".formatted(plan.id()));
      return folder.finished().get();
    }
    folder.plan(plan.id());
    return train(plan);
  }

  private TrainRun train(TrainPlan plan) {
    TrainSettings settings = plan.settings();
    LiveSteps steps = new LiveSteps();
    context.sc().register(steps, "training steps");
    LiveProgress live = new LiveProgress(steps.id(), settings.maxSteps(), progress);
    TrainTask task =
        new TrainTask(plan, new SerializableConfiguration(context.hadoopConfiguration()), steps);
    context.setJobDescription("qtrace train " + SafeText.of(settings.outputDir()));
    context.sc().addSparkListener(live);
    try {
      progress.report(
          "training %s on %s"
              .formatted(
                  Amount.of(settings.maxSteps(), "step"), Amount.of(settings.replicas(), "task")));
      List<TrainRun> runs =
          settings.replicas() == 1
              ? ranks(settings).mapPartitions(task::alone).collect()
              : Barriers.mapPartitions(ranks(settings), task::together).collect();
      return runs.get(0);
    } finally {
      context.sc().removeSparkListener(live);
      context.setJobDescription(null);
    }
  }

  private JavaRDD<Integer> ranks(TrainSettings settings) {
    List<Integer> ranks = IntStream.range(0, settings.replicas()).boxed().toList();
    JavaRDD<Integer> tasks = context.parallelize(ranks, ranks.size());
    return usesGpus(settings) ? tasks.withResources(oneGpu()) : tasks;
  }

  // Executors are static: what they have is what the cluster's settings gave them.
  private boolean usesGpus(TrainSettings settings) {
    int gpus = context.getConf().getInt("spark.executor.resource.gpu.amount", 0);
    if (settings.device().equals("cuda") && gpus == 0 && !context.sc().isLocal()) {
      throw new IllegalArgumentException(
          "Invalid device: cuda, but executors have no GPU; expected"
              + " spark.executor.resource.gpu.amount and a discovery script");
    }
    return gpus > 0 && !settings.device().equals("cpu") && !context.sc().isLocal();
  }

  private static ResourceProfile oneGpu() {
    return new ResourceProfileBuilder()
        .require(new TaskResourceRequests().cpus(1).resource(GPU, 1))
        .build();
  }
}
