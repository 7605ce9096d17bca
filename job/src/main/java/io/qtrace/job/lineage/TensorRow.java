package io.qtrace.job.lineage;

import java.io.Serializable;
import java.util.List;

/** Table {@code tensors}. */
@About("One row a tensor of a checkpoint")
public record TensorRow(
    String auditId,
    String checkpointId,
    @About("path of the checkpoint below the archive's root") String path,
    String name,
    @About("lut_deltas, lut, q, indices, scale or other, by the policy") String category,
    String dtype,
    List<Long> shape,
    long elements,
    long bytes,
    @About("x1: XXH3-128 of 1 MiB leaves, then of their digests") String fingerprint,
    @About("smallest number, NaN left out; NaN when there is none") double min,
    double max,
    double sum,
    @About("how many NaN") long nan,
    @About("how many infinities") long inf,
    long zeros,
    @About("the elements in C order, when 64 or fewer") List<Double> values)
    implements Serializable {}
