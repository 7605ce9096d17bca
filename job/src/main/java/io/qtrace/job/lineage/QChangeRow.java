package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeEnds;

/** Table {@code q_changes}. */
@ColumnComment(
    "One row a _Q buffer and edge, identical ones too: why it changed, proved by recomputation")
record QChangeRow(
    String auditId,
    @Inline EdgeEnds ends,
    String layer,
    @ColumnComment("IDENTICAL, EQUAL, CHANGED, RESHAPED, ADDED or REMOVED") String status,
    @ColumnComment(
            "BAKED, SYNCED, SYNCED_TRAINED, REQUANTIZED, QUANTIZED, CAST, DROPPED or UNEXPLAINED; null"
                + " when identical")
        String cause,
    @ColumnComment(
            "PROVED; WITHIN_ROUNDING where some elements are recomputed only with sums in another order;"
                + " UNPROVED where it could not be recomputed; null in rows of older versions")
        String proof,
    @ColumnComment("elements recomputed only within rounding; null in rows of older versions")
        Long rounded,
    @ColumnComment("how far the farthest of them is off, in ulp") Long roundedUlps,
    @ColumnComment("elements that the recomputation does not reproduce") long residual,
    @ColumnComment("index in C order of the first of them") Long firstCounterexample,
    @ColumnComment("of a bake: largest |baked LUT - LUT that training used|") Double drift,
    @ColumnComment("indices that changed; null where they cannot be compared")
        Long indicesChanged) {}
