package io.qtrace.job.lineage;

import java.io.Serializable;

/** Table {@code train_steps}. */
@ColumnComment(
    "One row an optimizer step of a training run by qtrace; the same run again adds none")
public record TrainStepRow(
    @ColumnComment("hash of the run's settings and of the files it began with") String auditId,
    @ColumnComment("folder of the run, as it was given") String outputDir,
    @ColumnComment("checkpoint that the run began with, as it was given") String sourceCheckpoint,
    @ColumnComment("1 is the first") int step,
    @ColumnComment("mean of the micro-batches") double loss,
    @ColumnComment("global norm before clipping") double gradientNorm,
    @ColumnComment("rate of the scales") double lr,
    @ColumnComment("rate of the LUT deltas") double lutLr,
    @ColumnComment("of all micro-batches, padding included") long tokens,
    double tokensPerSecond)
    implements Serializable {}
