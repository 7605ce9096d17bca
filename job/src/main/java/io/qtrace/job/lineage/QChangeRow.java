package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeEnds;

/** Table {@code q_changes}. */
@About("One row a _Q buffer and edge, identical ones too: why it changed, proved by recomputation")
record QChangeRow(
    String auditId,
    @Inline EdgeEnds ends,
    String layer,
    @About("IDENTICAL, EQUAL, CHANGED, RESHAPED, ADDED or REMOVED") String status,
    @About(
            "BAKED, SYNCED, SYNCED_TRAINED, REQUANTIZED, QUANTIZED, CAST, DROPPED or UNEXPLAINED; null"
                + " when identical")
        String cause,
    @About("PROVED, or UNPROVED where it could not be recomputed; null in rows of older versions")
        String proof,
    @About("elements that the recomputation does not reproduce") long residual,
    @About("index in C order of the first of them") Long firstCounterexample,
    @About("of a bake: largest |baked LUT - LUT that training used|") Double drift,
    @About("indices that changed; null where they cannot be compared") Long indicesChanged) {}
