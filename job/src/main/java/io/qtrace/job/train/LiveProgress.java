package io.qtrace.job.train;

import io.qtrace.job.progress.Progress;
import io.qtrace.job.progress.Stage;
import java.util.Locale;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import scala.jdk.javaapi.CollectionConverters;

/** Shows the steps of a running task as executors report them. */
final class LiveProgress extends SparkListener {
  private final long accumulator;
  private final int maxSteps;
  private final Progress progress;
  private int shown;

  LiveProgress(long accumulator, int maxSteps, Progress progress) {
    this.accumulator = accumulator;
    this.maxSteps = maxSteps;
    this.progress = progress;
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    CollectionConverters.asJava(update.accumUpdates())
        .forEach(task -> CollectionConverters.asJava(task._4()).forEach(this::show));
  }

  private void show(AccumulableInfo info) {
    if (info.id() == accumulator
        && info.update().isDefined()
        && info.update().get() instanceof StepRecord step
        && step.step() != shown) {
      shown = step.step();
      progress.report(line(step));
      progress.show(Stage.of("training", "steps", step.step(), maxSteps));
    }
  }

  private String line(StepRecord step) {
    return String.format(
        Locale.ROOT,
        "step %d of %d: loss %.6f, gradient norm %.4f, rate %.2e, %.0f tokens/s",
        step.step(),
        maxSteps,
        step.loss(),
        step.gradientNorm(),
        step.lr(),
        step.tokensPerSecond());
  }
}
