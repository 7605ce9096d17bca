package io.qtrace.job.lineage;

import java.io.Serializable;

/** Table {@code train_steps}. */
@About("One row an optimizer step of a training run by qtrace; the same run again adds none")
public record TrainStepRow(
    @About("hash of the run's settings and of the files it began with") String auditId,
    @About("folder of the run, as it was given") String outputDir,
    @About("checkpoint that the run began with, as it was given") String sourceCheckpoint,
    @About("1 is the first") int step,
    @About("mean of the micro-batches") double loss,
    @About("global norm before clipping") double gradientNorm,
    @About("rate of the scales") double lr,
    @About("rate of the LUT deltas") double lutLr,
    @About("of all micro-batches, padding included") long tokens,
    double tokensPerSecond)
    implements Serializable {}
