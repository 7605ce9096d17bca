package io.qtrace.job.lineage;

import java.io.Serializable;

/** Table {@code train_steps}. */
@ColumnComment(
    "One row per optimizer step of a training run by qtrace; repeating the run adds none")
public record TrainStepRow(
    @ColumnComment("hash of the run's settings and of the files it started from") String auditId,
    @ColumnComment("folder of the run, as given") String outputDir,
    @ColumnComment("checkpoint that the run started from, as given") String sourceCheckpoint,
    @ColumnComment("1 for the first step") int step,
    @ColumnComment("mean loss of the micro-batches") double loss,
    @ColumnComment("global norm before clipping") double gradientNorm,
    @ColumnComment("learning rate of the scales") double lr,
    @ColumnComment("learning rate of the LUT deltas") double lutLr,
    @ColumnComment("tokens of all micro-batches, padding included") long tokens,
    double tokensPerSecond)
    implements Serializable {}
