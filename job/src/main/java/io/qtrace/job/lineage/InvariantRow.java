package io.qtrace.job.lineage;

/** Table {@code invariants}. */
@ColumnComment("One row per checkpoint and quantized layer: does _Q equal lut[_indices]")
record InvariantRow(
    String auditId,
    String checkpointId,
    @ColumnComment("path of the checkpoint below the archive's root") String path,
    String layer,
    @ColumnComment("why _Q could not be checked; null when it could") String unchecked,
    @ColumnComment("elements of _Q that were checked") Long elements,
    @ColumnComment("entries of the stored LUT") Long lutSize,
    @Inline OutsideRow outside,
    @Inline OffGridRow offGrid,
    @Inline StaleRow stale,
    @Inline TableRow table,
    @ColumnComment("largest |LUT of the deltas - stored LUT|; null without deltas")
        Double effectiveDrift) {
  /** Indices outside the LUT. */
  record OutsideRow(
      @ColumnComment("indices outside the LUT") Long indicesOutside,
      @ColumnComment("position in C order of the first of them") Long firstOutside,
      Double outsideValue) {}

  /** Elements off the grid of the LUT's entries. */
  record OffGridRow(
      @ColumnComment("elements of _Q that equal no entry of the LUT") Long offGrid,
      Long firstOffGrid,
      Double offGridValue,
      @ColumnComment("the LUT entry at its index; NaN if the index is outside the LUT")
          Double offGridExpected) {}

  /** Elements that differ from the entry at their index. */
  record StaleRow(
      @ColumnComment("elements of _Q that are not the LUT entry at their index") Long stale,
      Long firstStale,
      Double staleValue,
      Double staleExpected,
      @ColumnComment("largest |_Q - lut[_indices]|") Double maxStale) {}

  /** The stored LUT. */
  record TableRow(
      @ColumnComment("whether each entry is greater than the one before it") Boolean lutRising,
      @ColumnComment("whether each entry is the negative of its mirror image") Boolean lutSymmetric,
      @ColumnComment("whether every entry is exact in float16") Boolean lutFloat16) {}
}
