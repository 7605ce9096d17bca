package io.qtrace.job.train;

import org.apache.spark.util.AccumulatorV2;

/** The latest step of a running task; Spark's heartbeats bring it to the driver. */
final class LiveSteps extends AccumulatorV2<StepRecord, StepRecord> {
  private static final long serialVersionUID = 1L;

  private volatile StepRecord latest;

  @Override
  public boolean isZero() {
    return latest == null;
  }

  @Override
  public AccumulatorV2<StepRecord, StepRecord> copy() {
    LiveSteps copy = new LiveSteps();
    copy.latest = latest;
    return copy;
  }

  @Override
  public void reset() {
    latest = null;
  }

  @Override
  public void add(StepRecord step) {
    if (latest == null || step.step() > latest.step()) {
      latest = step;
    }
  }

  @Override
  public void merge(AccumulatorV2<StepRecord, StepRecord> other) {
    if (other.value() != null) {
      add(other.value());
    }
  }

  @Override
  public StepRecord value() {
    return latest;
  }
}
