package io.qtrace.job.lineage;

import io.qtrace.job.judge.EdgeEnds;

/** Table {@code q_changes}. */
@ColumnComment(
    "One row per edge and _Q buffer, identical ones too: why it changed, proved by recomputation")
record QChangeRow(
    String auditId,
    @Inline EdgeEnds ends,
    String layer,
    @ColumnComment("IDENTICAL, EQUAL, CHANGED, RESHAPED, ADDED or REMOVED") String status,
    @ColumnComment(
            "BAKED, SYNCED, SYNCED_TRAINED, REQUANTIZED, QUANTIZED, CAST, DROPPED, GRAFTED, AVERAGED or"
                + " UNEXPLAINED; null if identical")
        String cause,
    @ColumnComment(
            "PROVED; WITHIN_ROUNDING if some elements are reproduced only with another order of summation;"
                + " UNPROVED if it could not be recomputed; null in rows of older versions")
        String proof,
    @ColumnComment("elements reproduced only within rounding; null in rows of older versions")
        Long rounded,
    @ColumnComment("largest error of these elements, in ulp") Long roundedUlps,
    @ColumnComment("elements that the recomputation does not reproduce") long residual,
    @ColumnComment("index in C order of the first of them") Long firstCounterexample,
    @ColumnComment("largest |baked LUT - LUT that training used| of a bake") Double drift,
    @ColumnComment("number of indices that changed; null if they cannot be compared")
        Long indicesChanged) {}
